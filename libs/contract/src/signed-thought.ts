import { isObject } from './require.js';
import type { Members } from './require.js';

/** What our own form begins with: a client may bring what another gateway, or OpenAI itself, has encrypted. */
export const SEAL = 'pllm.';

/** A thought that its provider signed, as what the client carries back unread. */
export function sealThought(block: Members): string {
  const { index: _, ...thought } = block;
  return SEAL + Buffer.from(JSON.stringify(thought)).toString('base64url');
}

/** Undefined: it is none of ours. */
export function openThought(sealed: unknown): Members | undefined {
  if (typeof sealed !== 'string' || !sealed.startsWith(SEAL)) return undefined;
  try {
    const thought: unknown = JSON.parse(Buffer.from(sealed.slice(SEAL.length), 'base64url').toString());
    return isObject(thought) ? thought : undefined;
  } catch {
    return undefined;
  }
}
