import { splice } from '#contract';
import type { Edit } from '#contract';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const EVENT_HEAD = Buffer.from('data: ');
const EVENT_END = Buffer.from('\n\n');

/** The members whose text is what changes from one chunk to the next. No text inside of JSON reads like this: its quotes are escaped. */
const TEXTS = ['"content":"', '"arguments":"', '"reasoning_content":"', '"reasoning":"', '"text":"'].map(
  (text) => Buffer.from(text),
);

/**
 * What a chunk is but for its text: the bytes before and behind it, as they come and as they go out. A chunk that
 * begins and ends in the same bytes, with no quote between them, has the same members in the same places, so that it
 * needs no scan: what was found in the first one, and edited, is so in all of its kind.
 */
export class ChunkShape {
  private constructor(
    private readonly head: Buffer,
    private readonly tail: Buffer,
    private readonly outHead: Buffer,
    private readonly outTail: Buffer,
  ) {}

  /** The shape of a chunk whose event is made by `edits`; undefined where it has no text. */
  static of(data: Buffer, edits: readonly Edit[]): ChunkShape | undefined {
    const start = textStart(data);
    const end = start < 0 ? -1 : data.indexOf(QUOTE, start);
    if (end < 0 || !isWhole(data, start, end)) return undefined;
    const before = edits.filter((edit) => edit.end <= start);
    const behind = edits.filter((edit) => edit.start > end);
    if (before.length + behind.length < edits.length) return undefined;
    const shifted = behind.map((edit) => ({ ...edit, start: edit.start - end, end: edit.end - end }));
    const [head, tail] = [data.subarray(0, start), data.subarray(end)];
    const outHead = Buffer.concat([EVENT_HEAD, splice(head, before)]);
    const outTail = Buffer.concat([splice(tail, shifted), EVENT_END]);
    return new ChunkShape(Buffer.from(head), Buffer.from(tail), outHead, outTail);
  }

  /** The event for a chunk of this shape; undefined where it is of another. */
  fill(data: Buffer): Buffer | undefined {
    const { head, tail, outHead, outTail } = this;
    const [from, to] = [head.length, data.length - tail.length];
    if (to < from || data.indexOf(QUOTE, from) !== to || !isWhole(data, from, to)) return undefined;
    if (data.compare(head, 0, from, 0, from) !== 0) return undefined;
    if (data.compare(tail, 0, tail.length, to, data.length) !== 0) return undefined;
    const event = Buffer.allocUnsafe(outHead.length + to - from + outTail.length);
    outHead.copy(event);
    let at = outHead.length;
    for (let next = from; next < to; next++) event[at++] = data[next] as number;
    outTail.copy(event, at);
    return event;
  }
}

function textStart(data: Buffer): number {
  for (const text of TEXTS) {
    const at = data.indexOf(text);
    if (at >= 0) return at + text.length;
  }
  return -1;
}

/** Is the quote at `end` no part of the text, but its end? */
function isWhole(data: Buffer, start: number, end: number): boolean {
  let before = end - 1;
  while (before >= start && data[before] === BACKSLASH) before--;
  return (end - 1 - before) % 2 === 0;
}
