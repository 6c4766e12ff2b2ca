const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** A name or a value that is looked at is never longer. */
const LONGEST_NAME = 64;
const LONGEST_VALUE = 64 * 1024;

/** Which members of the outermost object matter, and how. */
export interface Watched {
  /** Its value is kept. */
  readonly keep: string;
  /** The objects in its array are counted. */
  readonly count: string;
  /** Its value is replaced. */
  readonly replace: string;
  readonly by: Buffer;
}

/**
 * Watches the outermost members of a JSON object that passes in pieces of any size, holding none of it: what
 * `JsonMembers` does for one that is there.
 */
export class MemberWatch {
  /** Objects in the array `count`. */
  counted = 0;
  private depth = 0;
  private isInString = false;
  private isEscaped = false;
  private isName = false;
  /** The name that is being read, and then the one whose value is. */
  private name = '';
  private isValue = false;
  private value: Buffer[] = [];
  private valueBytes = 0;

  constructor(private readonly watched: Watched) {}

  /** The value of `keep`, as far as it has come. */
  get kept(): Buffer | undefined {
    return this.valueBytes > 0 && this.valueBytes <= LONGEST_VALUE ? Buffer.concat(this.value) : undefined;
  }

  /** The piece, with the part of the replaced value cut out that is in it. */
  push(piece: Buffer): Buffer {
    const out: Buffer[] = [];
    let from = 0;
    let at = 0;
    while (at < piece.length) {
      if (this.isInString) {
        at = this.skipString(piece, at);
        continue;
      }
      const byte = piece[at] as number;
      const isEnd = this.isValue && this.depth === 1 && (byte === COMMA || byte === CLOSE_BRACE);
      if (isEnd) {
        this.take(piece.subarray(from, at), out);
        from = at;
        this.isValue = false;
      }
      this.see(byte);
      at++;
      if (byte === COLON && this.depth === 1 && !this.isValue) {
        this.take(piece.subarray(from, at), out);
        from = at;
        this.isValue = true;
        if (this.name === this.watched.replace) out.push(this.watched.by);
      }
    }
    this.take(piece.subarray(from), out);
    return out.length === 1 ? (out[0] as Buffer) : Buffer.concat(out);
  }

  /** Bytes that belong together: to the watched value, or to anything else. */
  private take(bytes: Buffer, out: Buffer[]): void {
    const name = this.isValue ? this.name : '';
    if (name === this.watched.keep) {
      this.valueBytes += bytes.length;
      if (this.valueBytes <= LONGEST_VALUE) this.value.push(Buffer.from(bytes));
    }
    if (name !== this.watched.replace) out.push(bytes);
  }

  private see(byte: number): void {
    if (byte === QUOTE) {
      this.isInString = true;
      this.isName = this.depth === 1 && !this.isValue;
      if (this.isName) this.name = '';
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      this.depth++;
      if (byte === OPEN_BRACE && this.depth === 3 && this.name === this.watched.count) this.counted++;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.depth--;
  }

  /** Where the string ends that `at` stands in, or the piece. */
  private skipString(piece: Buffer, at: number): number {
    const end = this.stringEnd(piece, at);
    if (this.isName && this.name.length < LONGEST_NAME) {
      this.name += piece.toString('latin1', at, Math.min(end < 0 ? piece.length : end, at + LONGEST_NAME));
    }
    if (end < 0) return piece.length;
    this.isInString = false;
    return end + 1;
  }

  /** Offset of the closing quote, or -1. */
  private stringEnd(piece: Buffer, at: number): number {
    let from = at;
    if (this.isEscaped) {
      this.isEscaped = false;
      from++;
    }
    for (;;) {
      const quote = piece.indexOf(QUOTE, from);
      const limit = quote < 0 ? piece.length : quote;
      let slashes = 0;
      while (limit - 1 - slashes >= from && piece[limit - 1 - slashes] === BACKSLASH) slashes++;
      const isEscaping = slashes % 2 === 1;
      if (quote < 0) {
        this.isEscaped = isEscaping;
        return -1;
      }
      if (!isEscaping) return quote;
      from = quote + 1;
    }
  }
}
