/** A part of a `multipart/form-data` body (RFC 7578): where its value stands, and what its header says of it. */
export interface FormPart {
  readonly name: string;
  /** Undefined: a field, not a file. */
  readonly filename: string | undefined;
  /** Byte offsets `[start, end)` in the body. */
  readonly start: number;
  readonly end: number;
  /** The value of a field whose text was wanted. */
  readonly text: string | undefined;
}

export interface ScanSettings {
  readonly boundary: string;
  /** Is the text of such a field wanted? Other values are not kept. */
  readonly wants: (name: string) => boolean;
  /** Hears of each part when its end was found. */
  readonly onPart: (part: FormPart) => void;
}

export class BrokenMultipart extends Error {}

const LONGEST_HEAD = 16 * 1024;
const LONGEST_TEXT = 256 * 1024;
const LONGEST_PADDING = 128;
const MOST_PARTS = 1_000;
const BLANK_LINE = Buffer.from('\r\n\r\n');
const CR = 0x0d;
const DASH = 0x2d;
const SPACE = 0x20;
const TAB = 0x09;

type State = 'value' | 'head' | 'epilogue';

interface OpenPart {
  readonly name: string;
  readonly filename: string | undefined;
  readonly start: number;
  readonly texts: Buffer[] | undefined;
  length: number;
}

/** Finds the parts of a body that comes in chunks of any size (RFC 2046, 5.1.1), holding no more than a line of it. */
export class MultipartScanner {
  /** Offset of the first dash of the first boundary. */
  firstBoundary = 0;
  private readonly delimiter: Buffer;
  private state: State = 'value';
  /** The preamble is the value of no part; the line break before the first boundary may be missing. */
  private part: OpenPart | undefined;
  private rest: Buffer = Buffer.from('\r\n');
  /** Offset of `rest` in the body. */
  private offset = -2;
  private count = 0;

  constructor(private readonly settings: ScanSettings) {
    this.delimiter = Buffer.from(`\r\n--${settings.boundary}`);
  }

  /** @throws BrokenMultipart */
  push(chunk: Buffer): void {
    if (this.state === 'epilogue') return;
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let goesOn = true;
    while (goesOn) goesOn = this.state === 'value' ? this.readValue() : this.readHead();
  }

  /** @throws BrokenMultipart where the closing boundary did not come */
  end(): void {
    if (this.state !== 'epilogue') throw new BrokenMultipart('its closing boundary is missing');
  }

  /** Reads up to a boundary; false when more of the body is needed. */
  private readValue(): boolean {
    let from = 0;
    for (;;) {
      const at = this.rest.indexOf(this.delimiter, from);
      if (at === -1) return this.keepTail(Math.max(from, this.rest.length - this.delimiter.length + 1));
      const after = endOfDelimiter(this.rest, at + this.delimiter.length);
      if (after === undefined) return this.keepTail(at);
      if (after !== -1) return this.finishPart(at, after);
      // The boundary is the beginning of a longer line: it belongs to the value.
      from = at + 1;
    }
  }

  /** What comes before `at` surely belongs to the part. */
  private keepTail(at: number): false {
    this.take(at);
    this.advance(at);
    return false;
  }

  private finishPart(at: number, after: number): boolean {
    this.take(at);
    const { part } = this;
    const end = this.offset + at;
    if (part) {
      const { name, filename, start, texts } = part;
      const text = texts && Buffer.concat(texts).toString();
      this.settings.onPart({ name, filename, start, end, text });
    } else this.firstBoundary = end + 2;
    this.part = undefined;
    const isLast = this.rest[after - 1] === DASH;
    this.state = isLast ? 'epilogue' : 'head';
    this.advance(after);
    return !isLast;
  }

  private readHead(): boolean {
    // A part without a header begins with the blank line.
    const isBare = this.rest.length >= 2 && this.rest[0] === CR;
    const end = isBare ? 0 : this.rest.indexOf(BLANK_LINE);
    if ((end === -1 ? this.rest.length : end) > LONGEST_HEAD)
      throw new BrokenMultipart('a part has too long a header');
    if (end === -1) return false;
    if (++this.count > MOST_PARTS) throw new BrokenMultipart(`it has more than ${MOST_PARTS} parts`);
    const { name, filename } = readDisposition(this.rest.toString('utf8', 0, end));
    this.advance(end + (isBare ? 2 : BLANK_LINE.length));
    const isWanted = filename === undefined && this.settings.wants(name);
    this.part = { name, filename, start: this.offset, texts: isWanted ? [] : undefined, length: 0 };
    // An empty value is followed by its boundary at once.
    this.state = 'value';
    return true;
  }

  private take(end: number): void {
    const { part } = this;
    if (!part?.texts || end <= 0) return;
    part.length += end;
    if (part.length > LONGEST_TEXT) throw new BrokenMultipart(`the field '${part.name}' is too long`);
    part.texts.push(Buffer.from(this.rest.subarray(0, end)));
  }

  private advance(by: number): void {
    this.rest = this.rest.subarray(by);
    this.offset += by;
  }
}

/** After a boundary: `--`, or white space and a line break. -1: something else; undefined: not known yet. */
function endOfDelimiter(bytes: Buffer, start: number): number | undefined {
  if (bytes.length < start + 2) return undefined;
  if (bytes[start] === DASH && bytes[start + 1] === DASH) return start + 2;
  let at = start;
  while (bytes[at] === SPACE || bytes[at] === TAB) at++;
  if (at - start > LONGEST_PADDING) return -1;
  if (at + 1 >= bytes.length) return at < bytes.length && bytes[at] !== CR ? -1 : undefined;
  return bytes[at] === CR && bytes[at + 1] === 0x0a ? at + 2 : -1;
}

const DISPOSITION = /^content-disposition[ \t]*:[ \t]*form-data[ \t]*(;[^\r\n]*)$/im;

/** Quotes in a name are `%22` (browsers, RFC 7578) or `\"` (curl); the text is not decoded. */
const PARAMETER = /;[ \t]*([\w*-]+)=(?:"((?:\\.|[^"\\])*)"|([^;\s]*))/g;

function readDisposition(head: string): { name: string; filename: string | undefined } {
  const [, text = ''] = DISPOSITION.exec(head) ?? [];
  const parameters = new Map(
    [...text.matchAll(PARAMETER)].map(([, key = '', quoted, plain]) => [key.toLowerCase(), quoted ?? plain]),
  );
  const name = parameters.get('name');
  if (name === undefined) throw new BrokenMultipart('a part has no name');
  return { name, filename: parameters.get('filename') ?? parameters.get('filename*') };
}
