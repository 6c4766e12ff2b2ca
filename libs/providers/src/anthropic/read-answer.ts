import { chatUsage } from '../openai-compatible/chat-usage.js';
import type { ChatUsage } from '../openai-compatible/chat-usage.js';
import type { FinishReason } from '../openai-compatible/chunk-printer.js';
import type { Message, MessageUsage } from './wire.js';

const REASONS: ReadonlyMap<unknown, FinishReason> = new Map<unknown, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['pause_turn', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'content_filter'],
]);

/** @param calls whether the client is to call a tool: the one that stands for an answer is not the client's */
export function finishReasonOf(stopReason: unknown, calls: boolean): FinishReason {
  const reason = REASONS.get(stopReason) ?? 'tool_calls';
  return reason === 'tool_calls' && !calls ? 'stop' : reason;
}

export function usageOf(usage: MessageUsage): ChatUsage {
  return chatUsage({
    input: usage.input_tokens,
    cached: usage.cache_read_input_tokens,
    written: usage.cache_creation_input_tokens,
    output: usage.output_tokens,
    reasoning: usage.output_tokens_details?.thinking_tokens,
  });
}

/** Anthropic's id in OpenAI's dress. */
export function chatId({ id }: Message): string {
  return `chatcmpl-${(id ?? '').replace(/^msg_/, '')}`;
}
