import { splice } from '#contract';
import type { Edit } from '#contract';
import type { Skimmed } from '../spec.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const EVENT_HEAD = 'data: ';
const EVENT_END = '\n\n';

/** So many bytes are looked at in one go: a packet whose shapes take turns is not read as often as it has events. */
const WINDOW = 16 * 1024;

/** The members whose text is what changes from one chunk to the next. No text inside of JSON reads like this: its quotes are escaped. */
const TEXTS = ['"content":"', '"arguments":"', '"reasoning_content":"', '"reasoning":"', '"text":"'];

/**
 * What the event of a chunk is but for its text: the bytes before and behind it, as they come and as they go out.
 * Bytes that begin and end in the same way, with the inside of one JSON string between, are an event with the same
 * members in the same places: what was found in the first one, and edited, is so in all of its kind, and nothing of
 * it is looked for again. Bytes are compared as Latin-1 text, which the engine does fastest.
 */
export class ChunkShape {
  private constructor(
    /** A chunk of this shape. */
    readonly sample: Buffer,
    private readonly head: string,
    private readonly tail: string,
    private readonly outHead: string,
    private readonly outTail: string,
  ) {}

  /** The shape of a chunk whose event is made by `edits`; undefined where it has no text. */
  static of(data: Buffer, edits: readonly Edit[]): ChunkShape | undefined {
    const text = data.toString('latin1');
    const start = textStart(text);
    const end = start < 0 ? -1 : stringEnd(text, start);
    if (end < 0) return undefined;
    const before = edits.filter((edit) => edit.end <= start);
    const behind = edits.filter((edit) => edit.start > end);
    if (before.length + behind.length < edits.length) return undefined;
    const shifted = behind.map((edit) => ({ ...edit, start: edit.start - end, end: edit.end - end }));
    return new ChunkShape(
      data,
      EVENT_HEAD + text.slice(0, start),
      text.slice(end) + EVENT_END,
      EVENT_HEAD + splice(data.subarray(0, start), before).toString('latin1'),
      splice(data.subarray(end), shifted).toString('latin1') + EVENT_END,
    );
  }

  /** Reads events of this shape, as many as stand one behind the other. */
  skim(bytes: Buffer, from: number): (Skimmed & { readonly count: number }) | undefined {
    const { head, tail, outHead, outTail } = this;
    if (bytes.toString('latin1', from, from + head.length) !== head) return undefined;
    const text = bytes.toString('latin1', from, from + WINDOW);
    let events = '';
    let taken = 0;
    let count = 0;
    while (text.startsWith(head, taken)) {
      const start = taken + head.length;
      const end = stringEnd(text, start);
      if (end < 0 || !text.startsWith(tail, end)) break;
      events += outHead + text.slice(start, end) + outTail;
      taken = end + tail.length;
      count++;
    }
    return count === 0 ? undefined : { events: Buffer.from(events, 'latin1'), taken, count };
  }
}

function textStart(text: string): number {
  for (const name of TEXTS) {
    const at = text.indexOf(name);
    if (at >= 0) return at + name.length;
  }
  return -1;
}

/** Where the JSON string ends whose inside begins at `from`; -1 where it does not, or holds what no JSON string does. */
function stringEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) return at;
    // A line end would end the event, too.
    if (unit < SPACE) return -1;
    if (unit === BACKSLASH) at++;
  }
  return -1;
}
