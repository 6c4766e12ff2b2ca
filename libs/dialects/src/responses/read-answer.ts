import { isObject } from '#contract';
import type { Members } from '#contract';
import type { Call } from './print-item.js';
import type { Said } from './wire.js';

/** Why an answer is not whole. */
export type IncompleteReason = 'max_output_tokens' | 'content_filter';

const REASONS: ReadonlyMap<unknown, IncompleteReason> = new Map<unknown, IncompleteReason>([
  ['length', 'max_output_tokens'],
  ['content_filter', 'content_filter'],
]);

/** Undefined: the model said all that it wanted to. */
export function incompleteReasonOf(finishReason: unknown): IncompleteReason | undefined {
  return REASONS.get(finishReason);
}

/** The thoughts that carry a signature, or stand under a seal. */
export function signedIn({ thinking_blocks: blocks }: Members): readonly Said[] {
  return Array.isArray(blocks) ? blocks.filter(isObject) : [];
}

/** What a provider signed beside its thoughts: a call, or without one all that it said. Undefined: nothing. */
export function signatureIn({ extra_content: extra }: Members, callId?: string): Said | undefined {
  if (!isObject(extra)) return undefined;
  return { type: 'signature', ...(callId !== undefined && { call_id: callId }), extra_content: extra };
}

export function callsIn({ tool_calls: calls }: Members): readonly Said[] {
  return Array.isArray(calls) ? calls.filter(isObject) : [];
}

/** A chat's call, or the first piece of one. @param own the id of its item, for a call that has none */
export function callOf({ id, function: called }: Said, own: string): Call {
  const { name, arguments: given } = isObject(called) ? called : {};
  return { id: textOf(id) || own.replace(/^fc/, 'call'), name: textOf(name), arguments: textOf(given) };
}

/** What a choice tells of the odds of its tokens. Their bytes are required here, and optional in a chat. */
export function logprobsIn(logprobs: unknown): readonly Said[] {
  if (!isObject(logprobs) || !Array.isArray(logprobs.content)) return [];
  return logprobs.content.filter(isObject).map((token) => {
    const others = Array.isArray(token.top_logprobs) ? token.top_logprobs.filter(isObject) : [];
    return { ...withBytes(token), top_logprobs: others.map(withBytes) };
  });
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function withBytes(token: Said): Said {
  return { ...token, bytes: token.bytes ?? [] };
}
