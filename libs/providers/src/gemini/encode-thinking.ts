import { isObject } from '#contract';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import type { GeminiTraits, ThinkingLevel } from './gemini-traits.js';

/** How the model is told to think. */
export interface Thinking {
  readonly thinkingConfig?: object;
  /** Is nothing said of an effort that was asked for? */
  readonly isDropped: boolean;
}

const LEVELS: readonly ThinkingLevel[] = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH', 'XHIGH'];

/** OpenAI's efforts as levels, and in tokens, for models that are told a number: as Google itself maps them. */
const EFFORTS: ReadonlyMap<unknown, { readonly level: ThinkingLevel; readonly budget: number }> = new Map<
  unknown,
  { readonly level: ThinkingLevel; readonly budget: number }
>([
  ['none', { level: 'MINIMAL', budget: 0 }],
  ['minimal', { level: 'MINIMAL', budget: 1_024 }],
  ['low', { level: 'LOW', budget: 1_024 }],
  ['medium', { level: 'MEDIUM', budget: 8_192 }],
  ['high', { level: 'HIGH', budget: 24_576 }],
  ['xhigh', { level: 'XHIGH', budget: Infinity }],
  ['max', { level: 'XHIGH', budget: Infinity }],
]);

/** `reasoning_effort`, and Google's own `thinking_config`, which stands before it. */
export function encodeThinking(value: ChatParameters, traits: GeminiTraits, own: unknown): Thinking {
  if (isObject(own)) return { thinkingConfig: inGooglesWords(own), isDropped: false };
  const { reasoning_effort: wanted } = value;
  if (wanted === undefined || wanted === null) return { isDropped: false };
  const effort = EFFORTS.get(wanted);
  if (traits.thinking === 'none') return { isDropped: wanted !== 'none' };
  if (!effort) return { isDropped: true };
  const told =
    traits.thinking === 'budget'
      ? { thinkingBudget: Math.min(Math.max(effort.budget, traits.leastBudget), traits.mostBudget) }
      : { thinkingLevel: nearest(effort.level, traits.levels) };
  const shown = wanted === 'none' ? {} : { includeThoughts: true };
  return { thinkingConfig: { ...told, ...shown }, isDropped: false };
}

/** Of two that are as near, the higher: as Google maps a medium effort where there is none. */
function nearest(wanted: ThinkingLevel, levels: readonly ThinkingLevel[]): ThinkingLevel {
  const away = (level: ThinkingLevel): number => Math.abs(LEVELS.indexOf(level) - LEVELS.indexOf(wanted));
  return levels.reduce((best, level) => (away(level) <= away(best) ? level : best));
}

/** Clients of OpenAI's SDK write `thinking_budget`, Google's wire says `thinkingBudget`. */
function inGooglesWords(config: Readonly<Record<string, unknown>>): object {
  const words = Object.entries(config).map(([name, member]) => [
    name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    member,
  ]);
  return Object.fromEntries(words) as object;
}
