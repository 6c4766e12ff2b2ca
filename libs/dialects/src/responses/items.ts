import { isObject } from '#contract';
import type { Members } from '#contract';
import { sealThoughts } from './thoughts.js';

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

export function reasoningItem(id: string, text: string, signed: readonly Members[]): object {
  const sealed = sealThoughts(signed);
  return {
    id,
    type: 'reasoning',
    summary: text === '' ? [] : [summaryPart(text)],
    ...(sealed !== undefined && { encrypted_content: sealed }),
  };
}

export function messageItem(id: string, content: readonly object[], status: ItemStatus): object {
  return { id, type: 'message', status, role: 'assistant', content };
}

export function callItem(id: string, call: Members, given: string, status: ItemStatus): object {
  const { name } = isObject(call.function) ? call.function : {};
  return { id, type: 'function_call', status, call_id: call.id ?? id, name: name ?? '', arguments: given };
}

export function summaryPart(text: string): object {
  return { type: 'summary_text', text };
}

export function textPart(text: string, logprobs: readonly object[]): object {
  return { type: 'output_text', text, annotations: [], logprobs };
}

export function refusalPart(refusal: string): object {
  return { type: 'refusal', refusal };
}

/** The thoughts of a message or a delta: providers have two names for them. */
export function thoughtOf({ reasoning_content: content, reasoning }: Members): string {
  const thought = content ?? reasoning;
  return typeof thought === 'string' ? thought : '';
}

/** The probabilities of a choice's text, where they were asked for. */
export function logprobsOf(logprobs: unknown): object[] {
  const tokens = isObject(logprobs) && Array.isArray(logprobs.content) ? logprobs.content : [];
  return tokens.filter(isObject).map(({ token, logprob, bytes, top_logprobs: top }) => ({
    token,
    logprob,
    bytes: bytes ?? [],
    top_logprobs: Array.isArray(top) ? top : [],
  }));
}
