const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;

/** One server-sent event: the joined `data:` lines, and the `event:` name where there was one. */
export interface SseEvent {
  readonly data: Buffer;
  readonly event: string | undefined;
}

/** Who is given the events. */
export interface SseSink {
  event(event: SseEvent): void;
  /**
   * Is offered the bytes wherever an event begins that did not begin in an earlier packet; answers with how many of
   * them, from `from` on, it has read itself: whole events, or 0.
   */
  skim?(bytes: Buffer, from: number): number;
}

/** An upstream that never ends a line, or an event, may not fill the memory: the most bytes of one unfinished event. */
const MOST = 64 * 1024 * 1024;

/**
 * Cuts a byte stream into server-sent events (WHATWG HTML, 9.2.6), whatever the packets: LF, CRLF and CR line
 * ends, several `data:` lines, comments, a byte-order mark, and any split, inside a UTF-8 sequence too.
 * Payloads are slices of what came in wherever that is possible.
 */
export class SseParser {
  /** Bytes of a line that is not complete; kept in pieces, so that a large event is joined once. */
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private data: Buffer[] = [];
  private dataBytes = 0;
  private event: string | undefined;
  private skipLineFeed = false;
  private atStart = true;

  /** Events that are complete with these bytes. */
  push(bytes: Buffer): SseEvent[] {
    const events: SseEvent[] = [];
    this.feed(bytes, { event: (event) => void events.push(event) });
    return events;
  }

  /** The same, one by one. */
  feed(bytes: Buffer, sink: SseSink): void {
    if (bytes.length === 0) return;
    const isMore = this.pendingBytes > 0 && !this.atStart;
    if (isMore && !bytes.includes(LF) && !bytes.includes(CR)) return this.keep(bytes);
    const text = this.takePending(bytes);
    if (!this.atStart) return this.readLines(text, sink);
    if (text.length < MARK.length && MARK.subarray(0, text.length).equals(text)) return this.keep(text);
    this.atStart = false;
    this.readLines(text.subarray(0, MARK.length).equals(MARK) ? text.subarray(MARK.length) : text, sink);
  }

  /** What is left when the stream ended: an event whose last line end is missing still counts. */
  end(): SseEvent[] {
    const rest = this.takePending();
    if (rest.length > 0) this.readLine(rest, 0, rest.length);
    const last = this.takeEvent();
    return last ? [last] : [];
  }

  private keep(bytes: Buffer): void {
    this.pending.push(bytes);
    this.pendingBytes += bytes.length;
    this.checkSize();
  }

  private checkSize(): void {
    if (this.pendingBytes + this.dataBytes > MOST) throw new RangeError('A server-sent event is too large.');
  }

  private takePending(bytes?: Buffer): Buffer {
    const { pending } = this;
    if (pending.length === 0 && bytes) return bytes;
    this.pending = [];
    this.pendingBytes = 0;
    return Buffer.concat(bytes ? [...pending, bytes] : pending);
  }

  private readLines(text: Buffer, sink: SseSink): void {
    const mayHaveReturns = text.includes(CR);
    let at = this.isBetweenEvents ? skim(sink, text, 0) : 0;
    while (at < text.length) {
      if (this.skipLineFeed) {
        this.skipLineFeed = false;
        if (text[at] === LF) {
          at++;
          continue;
        }
      }
      const end = mayHaveReturns ? lineEnd(text, at) : text.indexOf(LF, at);
      if (end < 0) break;
      this.skipLineFeed = text[end] === CR;
      const isBlank = end === at;
      if (!isBlank) this.readLine(text, at, end);
      at = end + 1;
      if (!isBlank) continue;
      const event = this.takeEvent();
      if (event) sink.event(event);
      if (!this.skipLineFeed) at = skim(sink, text, at);
    }
    if (at < text.length) this.keep(text.subarray(at));
  }

  private get isBetweenEvents(): boolean {
    return this.data.length === 0 && this.event === undefined && !this.skipLineFeed;
  }

  private readLine(text: Buffer, from: number, to: number): void {
    // 'data:' and 'event:' are the only fields that matter here; comments, ids and retry times are dropped.
    if (startsWith(text, from, to, DATA)) {
      this.data.push(text.subarray(valueStart(text, from + 4, to), to));
      this.dataBytes += to - from;
      this.checkSize();
    } else if (startsWith(text, from, to, EVENT)) {
      this.event = text.toString('utf8', valueStart(text, from + 5, to), to);
    }
  }

  private takeEvent(): SseEvent | undefined {
    const { data, event } = this;
    this.event = undefined;
    if (data.length === 0) return undefined;
    this.data = [];
    this.dataBytes = 0;
    return { data: data.length === 1 ? (data[0] as Buffer) : joinLines(data), event };
  }
}

const MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const DATA = Buffer.from('data');
const EVENT = Buffer.from('event');
const LINE_FEED = Buffer.from('\n');

/** Where the sink has read to. */
function skim(sink: SseSink, text: Buffer, at: number): number {
  return sink.skim && at < text.length ? at + sink.skim(text, at) : at;
}

/** Is the field `name` what stands in the line, followed by a colon or by nothing? */
function startsWith(text: Buffer, from: number, to: number, name: Buffer): boolean {
  const end = from + name.length;
  if (end > to || (end < to && text[end] !== COLON)) return false;
  for (let at = 0; at < name.length; at++) if (text[from + at] !== name[at]) return false;
  return true;
}

function valueStart(text: Buffer, colon: number, to: number): number {
  if (colon >= to) return to;
  return text[colon + 1] === SPACE && colon + 1 < to ? colon + 2 : colon + 1;
}

function lineEnd(text: Buffer, from: number): number {
  for (let at = from; at < text.length; at++) if (text[at] === LF || text[at] === CR) return at;
  return -1;
}

function joinLines(lines: Buffer[]): Buffer {
  return Buffer.concat(lines.flatMap((line, index) => (index === 0 ? [line] : [LINE_FEED, line])));
}
