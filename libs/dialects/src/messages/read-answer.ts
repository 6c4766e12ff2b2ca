import { isObject } from '#contract';
import type { Members } from '#contract';

export type StopReason = 'end_turn' | 'max_tokens' | 'tool_use' | 'refusal';

const REASONS: ReadonlyMap<unknown, StopReason> = new Map<unknown, StopReason>([
  ['stop', 'end_turn'],
  ['length', 'max_tokens'],
  ['tool_calls', 'tool_use'],
  ['function_call', 'tool_use'],
  ['content_filter', 'refusal'],
]);

/** Why an answer ended, in Anthropic's words. Some servers say `stop` also of an answer that calls tools. */
export function stopReasonOf(finishReason: unknown, calls: boolean): StopReason {
  const reason = REASONS.get(finishReason) ?? 'end_turn';
  return reason === 'end_turn' && calls ? 'tool_use' : reason;
}

/** Anthropic's `usage`, in tokens: what was read from the cache and written to it is told apart. */
export function messageUsage(usage: unknown): object {
  const told = isObject(usage) ? usage : {};
  const details = isObject(told.prompt_tokens_details) ? told.prompt_tokens_details : {};
  const cached = count(details.cached_tokens);
  const written = count(details.cache_write_tokens);
  return {
    input_tokens: Math.max(0, count(told.prompt_tokens) - cached - written),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cached,
    output_tokens: count(told.completion_tokens),
  };
}

/** The thoughts of a message or a delta: providers have two names for them. */
export function thoughtOf({ reasoning_content: content, reasoning }: Members): string {
  const thought = content ?? reasoning;
  return typeof thought === 'string' ? thought : '';
}

/** The call's id in Anthropic's dress. */
export function messageId(requestId: string): string {
  return `msg_${requestId.replace(/^req_/, '')}`;
}

function count(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}
