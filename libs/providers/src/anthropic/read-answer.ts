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

/** OpenAI's `usage`: what was read from the cache and written to it is part of the prompt. */
export interface ChatUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens: number };
  readonly completion_tokens_details: { readonly reasoning_tokens: number };
}

export function usageOf(usage: MessageUsage): ChatUsage {
  const cached = usage.cache_read_input_tokens ?? 0;
  const written = usage.cache_creation_input_tokens ?? 0;
  const prompt = (usage.input_tokens ?? 0) + cached + written;
  const completion = usage.output_tokens ?? 0;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
    completion_tokens_details: { reasoning_tokens: usage.output_tokens_details?.thinking_tokens ?? 0 },
  };
}

/** Anthropic's id in OpenAI's dress. */
export function chatId({ id }: Message): string {
  return `chatcmpl-${(id ?? '').replace(/^msg_/, '')}`;
}
