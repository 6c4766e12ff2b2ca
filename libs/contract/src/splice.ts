import type { Span } from './operation.js';

/** Bytes that stand in place of `[start, end)`. */
export interface Edit extends Span {
  readonly text: Buffer;
}

/** Below this a loop copies faster than a call into the engine. */
const SHORT = 160;

/** `bytes` with `edits` made; they are in order and do not overlap. One allocation, whatever their number. */
export function splice(bytes: Buffer, edits: readonly Edit[]): Buffer {
  const spliced = Buffer.allocUnsafe(lengthOf(bytes, edits));
  write(bytes, edits, spliced, 0);
  return spliced;
}

/** The same in pieces: nothing of `bytes` is copied. */
export function splicePieces(bytes: Buffer, edits: readonly Edit[]): Buffer[] {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { start, end, text } of edits) {
    pieces.push(bytes.subarray(from, start), text);
    from = end;
  }
  pieces.push(bytes.subarray(from));
  return pieces.filter(({ length }) => length > 0);
}

const DATA = Buffer.from('data: ');
const EVENT_END = Buffer.from('\n\n');

/** The same, as the text of a server-sent event whose data it is. */
export function spliceEvent(bytes: Buffer, edits: readonly Edit[], head: Buffer = DATA): Buffer {
  const event = Buffer.allocUnsafe(head.length + lengthOf(bytes, edits) + EVENT_END.length);
  const from = copy(head, 0, head.length, event, 0);
  const to = write(bytes, edits, event, from);
  copy(EVENT_END, 0, EVENT_END.length, event, to);
  return event;
}

function lengthOf(bytes: Buffer, edits: readonly Edit[]): number {
  let length = bytes.length;
  for (const { start, end, text } of edits) length += text.length - (end - start);
  return length;
}

/** Writes the edited bytes to `target[to…]`; answers with where they end. */
function write(bytes: Buffer, edits: readonly Edit[], target: Buffer, to: number): number {
  let from = 0;
  let at = to;
  for (const { start, end, text } of edits) {
    at = copy(bytes, from, start, target, at);
    at = copy(text, 0, text.length, target, at);
    from = end;
  }
  return copy(bytes, from, bytes.length, target, at);
}

/** Copies `source[from, until)` to `target[to…]`; answers with where it ended. */
function copy(source: Buffer, from: number, until: number, target: Buffer, to: number): number {
  if (until - from > SHORT) return to + source.copy(target, to, from, until);
  let at = to;
  for (let next = from; next < until; next++) target[at++] = source[next] as number;
  return at;
}
