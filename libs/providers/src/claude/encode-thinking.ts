import { isObject } from '#contract';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import type { ClaudeTraits } from './claude-traits.js';

/** How the model is told to think. */
export interface Thinking {
  readonly thinking?: unknown;
  readonly effort?: string;
  /** Is nothing said of an effort that was asked for? */
  readonly isDropped: boolean;
}

const NOTHING: Thinking = { isDropped: false };
const DROPPED: Thinking = { isDropped: true };

/** OpenAI's efforts in tokens, for models that are told a number. */
const BUDGETS: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  ['minimal', 1_024],
  ['low', 2_048],
  ['medium', 8_192],
  ['high', 24_576],
  ['xhigh', 32_768],
  ['max', 49_152],
]);
const LEAST_BUDGET = 1_024;

const EFFORTS: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ['none', 'low'],
  ['minimal', 'low'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['max', 'max'],
]);

/**
 * `reasoning_effort`, and Anthropic's own `thinking`, which stands before it.
 *
 * @param isForced must it call a tool? Then it cannot think
 */
export function encodeThinking(
  value: ChatParameters,
  traits: ClaudeTraits,
  maxTokens: number,
  isForced: boolean,
): Thinking {
  const { reasoning_effort: wanted, thinking } = value;
  const own = isObject(thinking) ? { thinking } : {};
  if (wanted === undefined || wanted === null) return { ...NOTHING, ...own };
  if (traits.thinking === 'adaptive') {
    const adaptive = encodeAdaptive(wanted, traits, isForced);
    return { ...adaptive, ...own };
  }
  if (thinking || wanted === 'none') return { ...NOTHING, ...own };
  if (traits.thinking === 'none' || isForced || lacksThoughts(value.messages)) return DROPPED;
  // As with OpenAI's limit, thoughts are part of what it limits: half of it stays for the answer.
  const budget = Math.min(BUDGETS.get(wanted) ?? 0, Math.floor(maxTokens / 2));
  if (budget < LEAST_BUDGET) return DROPPED;
  return { thinking: { type: 'enabled', budget_tokens: budget }, isDropped: false };
}

function encodeAdaptive(wanted: unknown, traits: ClaudeTraits, isForced: boolean): Thinking {
  const effort = wanted === 'xhigh' ? traits.highestEffort : EFFORTS.get(wanted);
  if (effort === undefined) return DROPPED;
  if (wanted === 'none' && traits.thinkingOff) {
    return { thinking: { type: traits.thinkingOff }, isDropped: false };
  }
  if (isForced) return { effort, isDropped: false };
  const display = traits.hidesThoughts ? { display: 'summarized' } : {};
  return { thinking: { type: 'adaptive', ...display }, effort, isDropped: false };
}

/** Between a call and its result Anthropic takes no thinking turn whose thoughts are gone. */
function lacksThoughts(messages: readonly unknown[]): boolean {
  const isSaid = (value: unknown): boolean => isObject(value) && value.role !== 'tool';
  const last = messages.findLast(isSaid);
  if (!isObject(last) || last.role !== 'assistant') return false;
  const hasThoughts = Array.isArray(last.thinking_blocks) && last.thinking_blocks.length > 0;
  return Array.isArray(last.tool_calls) && last.tool_calls.length > 0 && !hasThoughts;
}
