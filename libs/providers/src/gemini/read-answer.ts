import type { Usage } from '#contract';
import { isObject, readUsage } from '#contract';
import type { FinishReason } from '../openai-compatible/chunk-printer.js';
import { broken } from '../openai-compatible/decode-stream.js';
import type { DecodeContext } from '../spec.js';
import type {
  AnswerCall,
  AnswerPart,
  Candidate,
  GenerateContentResponse,
  LogprobsResult,
  ModalityCount,
  TokenLogprob,
  UsageMetadata,
} from './wire.js';

const REASONS: ReadonlyMap<unknown, FinishReason> = new Map<unknown, FinishReason>([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['SAFETY', 'content_filter'],
  ['RECITATION', 'content_filter'],
  ['LANGUAGE', 'content_filter'],
  ['BLOCKLIST', 'content_filter'],
  ['PROHIBITED_CONTENT', 'content_filter'],
  ['SPII', 'content_filter'],
  ['IMAGE_SAFETY', 'content_filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content_filter'],
  ['IMAGE_RECITATION', 'content_filter'],
  ['IMAGE_OTHER', 'content_filter'],
  ['OTHER', 'content_filter'],
]);

/** The model lost its way: what it said is no answer, and asked again it may give one. */
const FAILED: ReadonlySet<unknown> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
  'MALFORMED_RESPONSE',
]);

/** Answers of an answer; one that is none of Google's has none. */
export function candidatesOf({ candidates }: GenerateContentResponse): readonly Candidate[] {
  return Array.isArray(candidates) ? candidates.filter(isObject) : [];
}

export function partsOf({ content }: Candidate): readonly AnswerPart[] {
  return Array.isArray(content?.parts) ? content.parts.filter(isObject) : [];
}

/** @param calls is the client to call a tool? @throws GatewayError where the answer is none */
export function finishReasonOf({ finishReason }: Candidate, calls: boolean): FinishReason {
  if (FAILED.has(finishReason)) throw broken(`The model ended its answer with ${String(finishReason)}.`);
  const reason = REASONS.get(finishReason) ?? 'stop';
  return reason === 'stop' && calls ? 'tool_calls' : reason;
}

/** Why a candidate was held back, in Google's words; null: it was not, or Google does not say. */
export function refusalOf(candidate: Candidate): string | null {
  const isHeldBack = REASONS.get(candidate.finishReason) === 'content_filter';
  return isHeldBack && candidate.finishMessage ? candidate.finishMessage : null;
}

/** Why there is no candidate at all; undefined: the prompt was not blocked. */
export function blockOf({ promptFeedback: feedback }: GenerateContentResponse): string | undefined {
  const reason = feedback?.blockReason;
  if (!reason) return undefined;
  return feedback.blockReasonMessage ?? `The provider blocked the prompt: ${reason}.`;
}

/** OpenAI's `usage`: thoughts are part of the completion, what comes from the cache is part of the prompt. */
export interface ChatUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number; readonly audio_tokens: number };
  readonly completion_tokens_details: { readonly reasoning_tokens: number; readonly audio_tokens: number };
}

/** Undefined: nothing was counted, as in the events of a stream that come before its end. */
export function usageOf(told: UsageMetadata | undefined): ChatUsage | undefined {
  if (told?.promptTokenCount === undefined) return undefined;
  const thoughts = told.thoughtsTokenCount ?? 0;
  const prompt = told.promptTokenCount + (told.toolUsePromptTokenCount ?? 0);
  const completion = (told.candidatesTokenCount ?? 0) + thoughts;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: told.cachedContentTokenCount ?? 0,
      audio_tokens: audioIn(told.promptTokensDetails),
    },
    completion_tokens_details: {
      reasoning_tokens: thoughts,
      audio_tokens: audioIn(told.candidatesTokensDetails),
    },
  };
}

export function countOf(told: UsageMetadata | undefined): Usage | undefined {
  return readUsage(usageOf(told));
}

function audioIn(details: readonly ModalityCount[] | undefined): number {
  return details?.find(({ modality }) => modality === 'AUDIO')?.tokenCount ?? 0;
}

/** Google's id in OpenAI's dress. */
export function chatId(answer: GenerateContentResponse, context: DecodeContext): string {
  return `chatcmpl-${answerId(answer, context)}`;
}

/** Google's id of a call, or one that no other call of the conversation has. @param index of the call in its answer */
export function callId(call: AnswerCall, answer: string, index: number): string {
  return call.id ? call.id : `call_${answer}_${index}`;
}

export function answerId({ responseId }: GenerateContentResponse, { requestId }: DecodeContext): string {
  return responseId ? responseId : requestId.replace(/^req_/, '');
}

/** Where Google's own OpenAI endpoint puts a signature, under a message and under a call. */
export function signed(signature: string | undefined): object {
  return signature ? { extra_content: { google: { thought_signature: signature } } } : {};
}

/** OpenAI's `logprobs`; null: none came. */
export function logprobsOf(result: LogprobsResult | undefined): object | null {
  const { chosenCandidates: chosen, topCandidates: top = [] } = result ?? {};
  if (!chosen) return null;
  const content = chosen.map((token, index) => ({
    ...logprobOf(token),
    top_logprobs: (top[index]?.candidates ?? []).map(logprobOf),
  }));
  return { content, refusal: null };
}

function logprobOf({ token = '', logProbability = 0 }: TokenLogprob) {
  return { token, logprob: logProbability, bytes: [...Buffer.from(token)] };
}
