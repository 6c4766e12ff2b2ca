import { usageIn } from '../read-completion.js';

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
export function messageUsage(told: unknown): object {
  const { promptTokens, completionTokens, cachedTokens, cacheWriteTokens } = usageIn(told);
  return {
    input_tokens: Math.max(0, promptTokens - cachedTokens - cacheWriteTokens),
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cachedTokens,
    output_tokens: completionTokens,
  };
}

/** The call's id in Anthropic's dress. */
export function messageId(requestId: string): string {
  return `msg_${requestId.replace(/^req_/, '')}`;
}
