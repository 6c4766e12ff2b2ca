import { MEMBER_INTS, WHOLE, scanner, table, window } from './json-scanner.js';
import type { Span } from './operation.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** The scanner reads whatever is not longer; of a longer text most are strings, which a native search skips faster. */
const QUICK = 8 * 1024;

/** Strings longer than this are skipped with a native search instead of byte by byte. */
const SHORT = 48;

/**
 * Finds the top-level members of a JSON object by name, without parsing it: where their values stand, whether a
 * name comes twice (in any spelling), how deep the text nests. One scanner serves many texts; what it found
 * holds until the next `read`.
 *
 * It checks structure only as far as it must to be right on valid JSON, and stays within bounds on anything else.
 */
export class JsonMembers<Name extends string> {
  /** The first wanted name that was found twice. */
  duplicate: Name | undefined;
  /** Deepest nesting; the object itself is 1. */
  depth = 0;
  /** Offset of the object's closing brace. */
  close = -1;

  private readonly byLength: ({ name: Name; bytes: Buffer; index: number }[] | undefined)[] = [];
  private readonly nameStarts: number[];
  private readonly starts: number[];
  private readonly ends: number[];
  private readonly indexes = new Map<Name, number>();
  private bytes: Buffer = Buffer.alloc(0);
  private limit = 0;

  constructor(names: readonly Name[]) {
    names.forEach((name, index) => {
      const bytes = Buffer.from(name);
      (this.byLength[bytes.length] ??= []).push({ name, bytes, index });
      this.indexes.set(name, index);
    });
    this.nameStarts = names.map(() => -1);
    this.starts = names.map(() => -1);
    this.ends = names.map(() => -1);
  }

  /** Offset where the value of `name` starts, or -1 where the object has no such member. */
  start(name: Name): number {
    return this.starts[this.indexes.get(name) ?? -1] ?? -1;
  }

  /** Offset behind the value of `name`, or -1. */
  end(name: Name): number {
    const index = this.indexes.get(name) ?? -1;
    return (this.starts[index] ?? -1) < 0 ? -1 : (this.ends[index] ?? -1);
  }

  /**
   * The span to cut so that the member `name` is gone and the rest is still an object: its name, its value and one
   * comma. Only of a member that was found.
   */
  spanOf(name: Name): Span {
    const index = this.indexes.get(name) ?? -1;
    const nameStart = this.nameStarts[index] ?? -1;
    const end = this.ends[index] ?? -1;
    let before = nameStart - 1;
    while (before > 0 && (this.bytes[before] ?? 0) <= 0x20) before--;
    if (this.bytes[before] === COMMA) return { start: before, end };
    const after = this.skipSpace(end);
    return { start: nameStart, end: this.bytes[after] === COMMA ? after + 1 : end };
  }

  /** Reads the object in `bytes[from, to)`; false when there is no well-delimited object. */
  read(bytes: Buffer, from = 0, to = bytes.length): boolean {
    // A loop, since there are a few of them: the call of `fill` alone takes longer.
    for (let index = 0; index < this.starts.length; index++) this.starts[index] = -1;
    this.duplicate = undefined;
    this.depth = 1;
    this.close = -1;
    this.bytes = bytes;
    this.limit = to;
    return (to - from <= QUICK && this.scan(from)) || this.walk(from, to);
  }

  /** False: it is not JSON in every byte, or no object. */
  private scan(from: number): boolean {
    const { bytes, limit } = this;
    window.set(from === 0 && limit === bytes.length ? bytes : bytes.subarray(from, limit));
    scanner.begin();
    if (scanner.scan(limit - from, from) !== WHOLE) return false;
    const close = scanner.closedAt();
    if (bytes[close] !== CLOSE_BRACE) return false;
    const members = scanner.memberCount() * MEMBER_INTS;
    for (let at = 0; at < members; at += MEMBER_INTS) {
      const nameStart = table[at] as number;
      const index = this.wanted(nameStart + 1, table[at + 1] as number);
      if (index >= 0) this.keep(index, nameStart, table[at + 2] as number, table[at + 3] as number);
    }
    this.depth = scanner.deepestLevel();
    this.close = close;
    return true;
  }

  /** The same, of whatever is bounded like an object. */
  private walk(from: number, to: number): boolean {
    const { bytes } = this;
    let at = this.skipSpace(from);
    if (bytes[at] !== OPEN_BRACE) return false;
    at = this.skipSpace(at + 1);
    if (bytes[at] === CLOSE_BRACE) return this.closeAt(at);
    for (;;) {
      if (bytes[at] !== QUOTE) return false;
      const keyStart = at;
      const keyEnd = this.skipString(at);
      if (keyEnd < 0) return false;
      const isEscaped = bytes.subarray(at + 1, keyEnd - 1).includes(BACKSLASH);
      const index = this.wanted(at + 1, isEscaped ? 1 - keyEnd : keyEnd - 1);
      at = this.skipSpace(keyEnd);
      if (bytes[at] !== COLON || at >= to) return false;
      const start = this.skipSpace(at + 1);
      const end = this.skipValue(start);
      if (end <= start) return false;
      if (index >= 0) this.keep(index, keyStart, start, end);
      at = this.skipSpace(end);
      if (at >= to) return false;
      if (bytes[at] === CLOSE_BRACE) return this.closeAt(at);
      if (bytes[at] !== COMMA) return false;
      at = this.skipSpace(at + 1);
    }
  }

  private closeAt(at: number): boolean {
    this.close = at;
    return this.skipSpace(at + 1) === this.limit;
  }

  private keep(index: number, nameStart: number, start: number, end: number): void {
    if (this.starts[index] !== -1) {
      for (const [name, other] of this.indexes) if (other === index) this.duplicate ??= name;
    }
    this.nameStarts[index] = nameStart;
    this.starts[index] = start;
    this.ends[index] = end;
  }

  /** Which wanted name stands in `[from, to)`, or -1; the end is negative where the name has escapes. */
  private wanted(from: number, to: number): number {
    if (to < 0) return this.wantedEscaped(from, -to);
    const bytes = this.bytes;
    const candidates = this.byLength[to - from];
    if (!candidates) return -1;
    for (const candidate of candidates) {
      let at = 0;
      while (at < candidate.bytes.length && candidate.bytes[at] === bytes[from + at]) at++;
      if (at === candidate.bytes.length) return candidate.index;
    }
    return -1;
  }

  private wantedEscaped(from: number, to: number): number {
    try {
      const key: unknown = JSON.parse(Buffer.from(this.bytes.subarray(from - 1, to + 1)).toString());
      return this.indexes.get(key as Name) ?? -1;
    } catch {
      return -1;
    }
  }

  private skipSpace(from: number): number {
    const bytes = this.bytes;
    let at = from;
    while (at < this.limit) {
      const byte = bytes[at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
      at++;
    }
    return at;
  }

  private skipValue(from: number): number {
    const byte = this.bytes[from];
    if (from >= this.limit) return -1;
    if (byte === QUOTE) return this.skipString(from);
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return this.skipNested(from);
    let at = from;
    while (at < this.limit) {
      const next = this.bytes[at] ?? COMMA;
      if (next === COMMA || next === CLOSE_BRACE || next === CLOSE_BRACKET || next <= 0x20) break;
      at++;
    }
    return at;
  }

  private skipNested(from: number): number {
    const bytes = this.bytes;
    let depth = 1;
    let at = from;
    while (at < this.limit) {
      const byte = bytes[at];
      if (byte === QUOTE) {
        at = this.skipString(at);
        if (at < 0) return -1;
        continue;
      }
      at++;
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (++depth > this.depth) this.depth = depth;
      } else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 1) return at;
    }
    return -1;
  }

  /** Offset behind the closing quote of the string that opens at `from`, or -1. */
  private skipString(from: number): number {
    const bytes = this.bytes;
    const near = Math.min(this.limit, from + SHORT);
    let at = from + 1;
    while (at < near) {
      const byte = bytes[at];
      if (byte === QUOTE) return at + 1;
      at += byte === BACKSLASH ? 2 : 1;
    }
    return at >= this.limit ? -1 : this.skipLongString(at);
  }

  /** `at` stands inside a string, not behind an unpaired backslash. */
  private skipLongString(at: number): number {
    const bytes = this.bytes;
    let from = at;
    for (;;) {
      const quote = bytes.indexOf(QUOTE, from);
      if (quote < 0 || quote >= this.limit) return -1;
      let before = quote - 1;
      while (before >= from && bytes[before] === BACKSLASH) before--;
      if ((quote - 1 - before) % 2 === 0) return quote + 1;
      from = quote + 1;
    }
  }
}
