import { GatewayError, readUsage } from '#contract';
import type { Usage } from '#contract';
import type { FinishReason } from '../openai-compatible/chunk-printer.js';
import { broken } from '../openai-compatible/decode-stream.js';
import type { AnswerUsage, Logprob } from './wire.js';

const REASONS: ReadonlyMap<unknown, FinishReason> = new Map<unknown, FinishReason>([
  ['COMPLETE', 'stop'],
  ['STOP_SEQUENCE', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['ERROR_LIMIT', 'length'],
  ['TOOL_CALL', 'tool_calls'],
  ['ERROR_TOXIC', 'content_filter'],
]);

/** @param calls whether the client is to call a tool @throws GatewayError when the answer has none */
export function finishReasonOf(told: unknown, calls: boolean, error?: string | null): FinishReason {
  if (told === 'TIMEOUT') throw new GatewayError('upstream_timeout');
  if (told === 'ERROR' || error) throw broken('The provider could not complete the answer.');
  const reason = REASONS.get(told) ?? 'tool_calls';
  return reason === 'tool_calls' && !calls ? 'stop' : reason;
}

/** OpenAI's `usage`. */
export interface ChatUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
}

/**
 * What the model read and wrote, of which the cached tokens are a part. What Cohere bills is less than that: its own
 * words around the messages are free.
 */
export function usageOf({ tokens, billed_units: billed, cached_tokens: cached }: AnswerUsage): ChatUsage {
  const prompt = tokens?.input_tokens ?? billed?.input_tokens ?? 0;
  const completion = tokens?.output_tokens ?? billed?.output_tokens ?? 0;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached ?? 0 },
  };
}

/** The same for the ledger, with what is paid for. */
export function ledgerUsageOf(usage: AnswerUsage): Usage | undefined {
  const counted = readUsage(usageOf(usage));
  const { input_tokens: input, output_tokens: output } = usage.billed_units ?? {};
  if (!counted || typeof input !== 'number' || typeof output !== 'number') return counted;
  return { ...counted, billed: { promptTokens: input, completionTokens: output, requests: 1 } };
}

/** OpenAI's entry for a piece of text: where it is several tokens, their probability together. */
export function logprobOf({ text = '', logprobs = [] }: Logprob): object {
  const logprob = logprobs.reduce((sum, each) => sum + each, 0);
  return { token: text, logprob, bytes: [...Buffer.from(text)], top_logprobs: [] };
}

/** Cohere's id in OpenAI's dress. */
export function chatId(id: string | undefined): string {
  return `chatcmpl-${id ?? ''}`;
}

/** Cohere writes nothing, or `null`, where a tool is called without arguments. */
export function argumentsOf(text: string | undefined): string {
  const given = (text ?? '').trim();
  return given === '' || given === 'null' ? '{}' : (text as string);
}
