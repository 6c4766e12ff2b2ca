import { splice } from '#contract';
import type { Edit } from '#contract';
import type { Skimmed } from '../spec.js';
import { FixedBytes, viewOf } from './fixed-bytes.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const EVENT_HEAD = Buffer.from('data: ');
const EVENT_END = Buffer.from('\n\n');
const NOTHING = Buffer.alloc(0);

/** The members whose text is what changes from one chunk to the next. No text inside of JSON reads like this: its quotes are escaped. */
const TEXTS = ['"content":"', '"arguments":"', '"reasoning_content":"', '"reasoning":"', '"text":"'].map(
  (name) => Buffer.from(name),
);

/**
 * What the event of a chunk is but for its text: the bytes before and behind it, as they come and as they go out.
 * Bytes that begin and end in the same way, with the inside of one JSON string between, are an event with the same
 * members in the same places: what was found in the first one, and edited, is so in all of its kind, and nothing of
 * it is looked for again.
 */
export class ChunkShape {
  /** What stands between two texts, once there are two. */
  private joint: FixedBytes | undefined = undefined;
  private outJoint: Buffer | undefined = undefined;

  private constructor(
    /** A chunk of this shape. */
    readonly sample: Buffer,
    private readonly head: FixedBytes,
    private readonly tail: FixedBytes,
    private readonly outHead: Buffer,
    private readonly outTail: Buffer,
  ) {}

  /** The shape of a chunk whose event is made by `edits`; undefined where it has no text. */
  static of(data: Buffer, edits: readonly Edit[]): ChunkShape | undefined {
    const start = textStart(data);
    const end = start < 0 ? -1 : stringEnd(data, start);
    if (end < 0 || data.includes(0)) return undefined;
    const before = edits.filter((edit) => edit.end <= start);
    const behind = edits.filter((edit) => edit.start > end);
    if (before.length + behind.length < edits.length) return undefined;
    const shifted = behind.map((edit) => ({ ...edit, start: edit.start - end, end: edit.end - end }));
    const [head, tail] = [data.subarray(0, start), data.subarray(end)];
    return new ChunkShape(
      data,
      new FixedBytes(Buffer.concat([EVENT_HEAD, head])),
      new FixedBytes(Buffer.concat([tail, EVENT_END])),
      Buffer.concat([EVENT_HEAD, splice(head, before)]),
      Buffer.concat([splice(tail, shifted), EVENT_END]),
    );
  }

  /** Reads events of this shape, as many as stand one behind the other. */
  skim(bytes: Buffer, from: number): (Skimmed & { readonly count: number }) | undefined {
    const { head, tail } = this;
    const view = viewOf(bytes);
    if (!head.standIn(view, from)) return undefined;
    const start = from + head.bytes.length;
    let end = stringEnd(bytes, start);
    if (end < 0 || !tail.standIn(view, end)) return undefined;
    const texts = [start, end];
    if (end + tail.bytes.length < bytes.length) end = this.skimOn(bytes, view, texts);
    return {
      events: this.write(bytes, texts),
      taken: end + tail.bytes.length - from,
      count: texts.length / 2,
    };
  }

  /** @param texts where each text starts and ends: those that follow are added. Answers with where the last one ends */
  private skimOn(bytes: Buffer, view: DataView, texts: number[]): number {
    const { head, tail } = this;
    const joint = (this.joint ??= new FixedBytes(Buffer.concat([tail.bytes, head.bytes])));
    let last = texts[1] as number;
    for (let isFollowed = joint.standIn(view, last); isFollowed;) {
      const start = last + joint.bytes.length;
      const next = stringEnd(bytes, start);
      if (next < 0) break;
      isFollowed = joint.standIn(view, next);
      if (!isFollowed && !tail.standIn(view, next)) break;
      texts.push(start, next);
      last = next;
    }
    return last;
  }

  /** @param texts where each text starts and ends, one behind the other */
  private write(bytes: Buffer, texts: readonly number[]): Buffer {
    const { outHead, outTail } = this;
    const outJoint = texts.length > 2 ? (this.outJoint ??= Buffer.concat([outTail, outHead])) : NOTHING;
    let size = outHead.length + (texts.length / 2 - 1) * outJoint.length + outTail.length;
    for (let index = 0; index < texts.length; index += 2)
      size += (texts[index + 1] as number) - (texts[index] as number);
    const events = Buffer.allocUnsafe(size);
    let at = 0;
    for (let index = 0; index < texts.length; index += 2) {
      const before = index === 0 ? outHead : outJoint;
      events.set(before, at);
      at += before.length;
      const end = texts[index + 1] as number;
      for (let next = texts[index] as number; next < end; next++) events[at++] = bytes[next] as number;
    }
    events.set(outTail, at);
    return events;
  }
}

function textStart(data: Buffer): number {
  for (const name of TEXTS) {
    const at = data.indexOf(name);
    if (at >= 0) return at + name.length;
  }
  return -1;
}

/** Where the JSON string ends whose inside begins at `from`; -1 where it does not, or holds what no JSON string does. */
function stringEnd(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at;
    // A line end would end the event, too.
    if (byte < SPACE) return -1;
    if (byte === BACKSLASH) at++;
  }
  return -1;
}
