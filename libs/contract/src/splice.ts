import type { Span } from './operation.js';

/** Bytes that stand in place of `[start, end)`. */
export interface Edit extends Span {
  readonly text: Buffer;
}

/** Below this a loop copies faster than a call into the engine. */
const SHORT = 160;

/** `bytes` with `edits` made; they are in order and do not overlap. One allocation, whatever their number. */
export function splice(bytes: Buffer, edits: readonly Edit[]): Buffer {
  let length = bytes.length;
  for (const { start, end, text } of edits) length += text.length - (end - start);
  const spliced = Buffer.allocUnsafe(length);
  let from = 0;
  let to = 0;
  for (const { start, end, text } of edits) {
    to = copy(bytes, from, start, spliced, to);
    to = copy(text, 0, text.length, spliced, to);
    from = end;
  }
  copy(bytes, from, bytes.length, spliced, to);
  return spliced;
}

/** Copies `source[from, until)` to `target[to…]`; answers with where it ended. */
function copy(source: Buffer, from: number, until: number, target: Buffer, to: number): number {
  if (until - from > SHORT) return to + source.copy(target, to, from, until);
  let at = to;
  for (let next = from; next < until; next++) target[at++] = source[next] as number;
  return at;
}
