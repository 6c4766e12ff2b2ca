import { isObject } from '#contract';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import type { CommandTraits } from './command-traits.js';

export interface Thinking {
  readonly thinking?: unknown;
  /** Is nothing said of an effort that was asked for? */
  readonly isDropped: boolean;
}

/** OpenAI's efforts in tokens; undefined: as many as it likes. */
const BUDGETS: ReadonlyMap<unknown, number | undefined> = new Map<unknown, number | undefined>([
  ['minimal', 512],
  ['low', 2_048],
  ['medium', 8_192],
  ['high', undefined],
  ['xhigh', undefined],
  ['max', undefined],
]);

/** `reasoning_effort`, and Cohere's own `thinking`, which stands before it. */
export function encodeThinking(value: ChatParameters, { reasons }: CommandTraits): Thinking {
  const { reasoning_effort: wanted, thinking } = value;
  if (isObject(thinking)) return { thinking, isDropped: false };
  if (wanted === undefined || wanted === null) return { isDropped: false };
  // A model that does not reason needs not be told.
  if (!reasons) return { isDropped: wanted !== 'none' };
  if (wanted === 'none') return { thinking: { type: 'disabled' }, isDropped: false };
  if (!BUDGETS.has(wanted)) return { isDropped: true };
  const budget = budgetWithin(BUDGETS.get(wanted), value);
  const thoughts = { type: 'enabled', ...(budget !== undefined && { token_budget: budget }) };
  return { thinking: thoughts, isDropped: false };
}

/** Thoughts are part of what `max_tokens` limits: half of it stays for the answer. */
function budgetWithin(budget: number | undefined, value: ChatParameters): number | undefined {
  const most = value.max_completion_tokens ?? value.max_tokens;
  if (typeof most !== 'number') return budget;
  return Math.min(budget ?? Infinity, Math.max(1, Math.floor(most / 2)));
}
