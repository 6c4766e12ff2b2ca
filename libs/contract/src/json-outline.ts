import {
  BROKEN,
  MEMBER_INTS,
  TOO_DEEP,
  UNFINISHED,
  WINDOW_BYTES,
  scanner,
  table,
  window,
} from './json-scanner.js';
import { LazyObject } from './lazy-object.js';
import type { Span } from './operation.js';

/** What a text is: an object, other JSON, no JSON, or nested deeper than anybody's request. */
export type Verdict = 'object' | 'other' | 'broken' | 'too_deep';

/** A longer text is read when somebody asks for it. */
const SHORT_TEXT = 1024;

/** What a value that is not read is like. */
const LIKE = { long: 'long', none: [], some: [null], object: {} } as const;

const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const NOTHING = {};

/**
 * The outermost members of a JSON object, without its being parsed: that every byte of it is JSON (RFC 8259, but for
 * UTF-8, which is the caller's to check), which members it has, and where their values stand. One outline serves many
 * texts; what it found holds until the next `read`.
 */
export class JsonOutline<Name extends string> {
  /** What the text says; long members are read when somebody asks for them. */
  value: object = NOTHING;
  /** The first wanted name that was found twice, in any spelling. */
  duplicate: Name | undefined = undefined;
  /** Offset of the object's closing brace. */
  close = -1;
  /** Which of the wanted names were found, by their indexes, in the order they came: the first `count`. */
  readonly found: number[] = [];
  count = 0;

  private readonly byLength: ({ bytes: Buffer; index: number }[] | undefined)[] = [];
  private readonly indexes: ReadonlyMap<string, number>;
  private readonly starts: number[];
  private readonly ends: number[];
  private readonly likes: unknown[];

  constructor(private readonly names: readonly Name[]) {
    this.indexes = new Map(names.map((name, index) => [name, index]));
    names.forEach((name, index) => {
      const bytes = Buffer.from(name);
      (this.byLength[bytes.length] ??= []).push({ bytes, index });
    });
    this.starts = names.map(() => -1);
    this.ends = names.map(() => -1);
    this.likes = names.map(() => undefined);
  }

  /** Where the value of `name` stands; undefined where the object has no such member. */
  span(name: Name): Span | undefined {
    const index = this.indexes.get(name) ?? -1;
    const start = this.starts[index] ?? -1;
    return start < 0 ? undefined : { start, end: this.ends[index] ?? -1 };
  }

  /**
   * The value of a wanted member that was found, by its index. In place of a container, or a long text, something of
   * its kind: an object, an array that is empty if it is, a text.
   */
  likeness(index: number): unknown {
    return this.likes[index];
  }

  /** Keeps nothing of the text until the next one comes. */
  letGo(): void {
    this.value = NOTHING;
  }

  read(bytes: Buffer): Verdict {
    const object = new LazyObject(bytes);
    this.start(object);
    let answer = UNFINISHED;
    scanner.begin();
    for (let base = 0; base < bytes.length; base += WINDOW_BYTES) {
      const piece = bytes.length <= WINDOW_BYTES ? bytes : bytes.subarray(base, base + WINDOW_BYTES);
      window.set(piece);
      answer = scanner.scan(piece.length, base);
      if (answer === TOO_DEEP) return 'too_deep';
      if (answer === BROKEN) return 'broken';
      this.takeMembers(bytes, object);
    }
    if (answer === UNFINISHED) return 'broken';
    this.close = scanner.closedAt();
    return bytes[this.close] === CLOSE_BRACE ? 'object' : 'other';
  }

  private start(object: LazyObject): void {
    this.value = object;
    this.duplicate = undefined;
    this.close = -1;
    for (let at = 0; at < this.count; at++) this.starts[this.found[at] as number] = -1;
    this.count = 0;
  }

  private takeMembers(bytes: Buffer, object: LazyObject): void {
    const members = scanner.memberCount() * MEMBER_INTS;
    for (let at = 0; at < members; at += MEMBER_INTS) {
      const nameStart = (table[at] as number) + 1;
      const nameEnd = table[at + 1] as number;
      const start = table[at + 2] as number;
      const end = table[at + 3] as number;
      const spelled = nameEnd < 0 ? readText(bytes, nameStart, -nameEnd) : undefined;
      const index =
        spelled === undefined ? this.indexIn(bytes, nameStart, nameEnd) : this.indexes.get(spelled);
      const name =
        index === undefined ? (spelled ?? bytes.toString('utf8', nameStart, nameEnd)) : this.names[index];
      const isShort = isReadAtOnce(bytes[start], end - start);
      const value = isShort ? readShort(bytes, start, end) : undefined;
      if (isShort) LazyObject.set(object, name as string, value);
      else LazyObject.defer(object, name as string, start, end);
      if (index !== undefined) this.find(index, start, end, isShort ? value : likenessOf(bytes, start));
    }
  }

  private find(index: number, start: number, end: number, like: unknown): void {
    if (this.starts[index] === -1) this.found[this.count++] = index;
    else this.duplicate ??= this.names[index];
    this.starts[index] = start;
    this.ends[index] = end;
    this.likes[index] = like;
  }

  /** Which wanted name stands in `[from, to)`. */
  private indexIn(bytes: Buffer, from: number, to: number): number | undefined {
    const candidates = this.byLength[to - from];
    if (!candidates) return undefined;
    for (const candidate of candidates) {
      let at = 0;
      while (at < candidate.bytes.length && candidate.bytes[at] === bytes[from + at]) at++;
      if (at === candidate.bytes.length) return candidate.index;
    }
    return undefined;
  }
}

function isReadAtOnce(first: number | undefined, length: number): boolean {
  if (first === QUOTE) return length <= SHORT_TEXT;
  return first !== OPEN_BRACE && first !== OPEN_BRACKET;
}

function readShort(bytes: Buffer, start: number, end: number): unknown {
  const first = bytes[start];
  if (first === QUOTE) return readText(bytes, start + 1, end - 1);
  if (first === LETTER_T) return true;
  if (first === LETTER_F) return false;
  if (first === LETTER_N) return null;
  return Number(bytes.toString('latin1', start, end));
}

/** A string without its quotes. */
function readText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}

function likenessOf(bytes: Buffer, start: number): unknown {
  if (bytes[start] === QUOTE) return LIKE.long;
  if (bytes[start] === OPEN_BRACE) return LIKE.object;
  let at = start + 1;
  while ((bytes[at] as number) <= 0x20) at++;
  return bytes[at] === CLOSE_BRACKET ? LIKE.none : LIKE.some;
}
