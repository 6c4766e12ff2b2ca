import { isObject } from '#contract';
import type { Said } from './wire.js';

/** What our own form begins with: a client may bring what another gateway, or OpenAI itself, has encrypted. */
const MARK = 'pllm.';

/** A thought that its provider signed, as what the client carries back unread. */
export function sealThought(block: Said): string {
  const { index: _, ...thought } = block;
  return MARK + Buffer.from(JSON.stringify(thought)).toString('base64url');
}

/** Undefined: it is none of ours. */
export function openThought(sealed: unknown): Said | undefined {
  if (typeof sealed !== 'string' || !sealed.startsWith(MARK)) return undefined;
  try {
    const thought: unknown = JSON.parse(Buffer.from(sealed.slice(MARK.length), 'base64url').toString());
    return isObject(thought) ? thought : undefined;
  } catch {
    return undefined;
  }
}
