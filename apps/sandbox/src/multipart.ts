import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';

/** One part of a `multipart/form-data` body, as it arrived. */
export interface Part {
  name: string;
  filename: string | undefined;
  contentType: string | undefined;
  /** The header of the part, its lines joined by CRLF. */
  head: string;
  /** Bytes. */
  length: number;
  sha256: string;
  /** The text of a part that is no file, up to 64 KiB. */
  value: string | undefined;
}

const LARGEST_VALUE = 64 * 1024;
const HEAD_END = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);

/** Digests a body as it arrives, holding no more of a file than one chunk. */
export class MultipartDigest {
  readonly parts: Part[] = [];
  private readonly delimiter: Buffer;
  private rest: Buffer = Buffer.from('\r\n');
  private current: { part: Part; hash: Hash; text: Buffer } | undefined;
  private state: 'value' | 'head' | 'ended' = 'value';

  constructor(boundary: string) {
    this.delimiter = Buffer.from(`\r\n--${boundary}`);
  }

  /** Has the closing boundary been seen? */
  get isComplete(): boolean {
    return this.state === 'ended';
  }

  push(chunk: Buffer): void {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    while (this.state !== 'ended' && (this.state === 'head' ? this.readHead() : this.readValue()));
  }

  /** Takes what surely belongs to the part; true when its end was found. */
  private readValue(): boolean {
    const { rest, delimiter } = this;
    let at = rest.indexOf(delimiter);
    // The beginning of a longer line is no boundary.
    while (at !== -1 && !/^(?:--|\r\n|.?$)/s.test(this.after(at))) at = rest.indexOf(delimiter, at + 1);
    if (at === -1) {
      const sure = Math.max(0, rest.length - delimiter.length);
      this.take(rest.subarray(0, sure));
      this.rest = rest.subarray(sure);
      return false;
    }
    if (rest.length < at + delimiter.length + 2) return false;
    this.take(rest.subarray(0, at));
    this.finish();
    const after = at + delimiter.length;
    this.state = this.after(at) === '--' ? 'ended' : 'head';
    this.rest = this.state === 'ended' ? NOTHING : rest.subarray(after);
    return true;
  }

  /** The two characters behind a boundary. */
  private after(at: number): string {
    const start = at + this.delimiter.length;
    return this.rest.toString('latin1', start, start + 2);
  }

  private readHead(): boolean {
    const end = this.rest.indexOf(HEAD_END);
    if (end === -1) return false;
    const head = this.rest.toString('utf8', 2, end);
    const part: Part = {
      name: /[; ]name="([^"]*)"/i.exec(head)?.[1] ?? '',
      filename: /[; ]filename="([^"]*)"/i.exec(head)?.[1],
      contentType: /^content-type: *(.+)$/im.exec(head)?.[1],
      head,
      length: 0,
      sha256: '',
      value: undefined,
    };
    this.current = { part, hash: createHash('sha256'), text: NOTHING };
    this.rest = this.rest.subarray(end + HEAD_END.length);
    this.state = 'value';
    return true;
  }

  private take(bytes: Buffer): void {
    const { current } = this;
    if (current === undefined || bytes.length === 0) return;
    current.part.length += bytes.length;
    current.hash.update(bytes);
    if (current.part.filename === undefined && current.part.length <= LARGEST_VALUE)
      current.text = Buffer.concat([current.text, bytes]);
  }

  private finish(): void {
    const { current } = this;
    if (current === undefined) return;
    current.part.sha256 = current.hash.digest('hex');
    if (current.part.filename === undefined) current.part.value = current.text.toString();
    this.parts.push(current.part);
    this.current = undefined;
  }
}

/** The boundary that a content type names. */
export function boundaryOf(contentType: string | undefined): string | undefined {
  const [, quoted, plain] =
    /^multipart\/form-data *;(?:.*;)? *boundary=(?:"([^"]+)"|([^;]+))/i.exec(contentType ?? '') ?? [];
  return quoted ?? plain?.trim();
}
