import { isObject } from '#contract';
import type { Members } from '#contract';

/** What marks thoughts as the gateway's own to read. */
const MARK = 'pllm.';

/** Signed thoughts as text that clients keep and send back without reading it; undefined: nothing is signed. */
export function sealThoughts(blocks: readonly Members[]): string | undefined {
  if (blocks.length === 0) return undefined;
  return MARK + Buffer.from(JSON.stringify(blocks)).toString('base64url');
}

/** The thoughts that `sealThoughts` made a text of; another provider's cannot be read, and are none. */
export function openThoughts(sealed: unknown): readonly Members[] {
  if (typeof sealed !== 'string' || !sealed.startsWith(MARK)) return [];
  try {
    const blocks: unknown = JSON.parse(Buffer.from(sealed.slice(MARK.length), 'base64url').toString());
    return Array.isArray(blocks) ? blocks.filter(isObject) : [];
  } catch {
    return [];
  }
}

/** A signed thought as a stream brings it, with the place that only the stream needs. */
export function withoutIndex({ index: _index, ...block }: Members): Members {
  return block;
}
