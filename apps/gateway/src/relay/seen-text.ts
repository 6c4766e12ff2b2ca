import { estimateTokens } from '#metering';
import { textsOfAnswer } from './texts.js';

/** So much of a stream is kept to be read, should no usage come: some eighty events. */
const SAMPLE_BYTES = 16 * 1024;
/** Of a larger event nearly all is text. */
const LARGE_BYTES = 4 * 1024;
const BYTES_A_TOKEN = 4;
/** A piece that is as large as this is not kept for the sake of a part of it. */
const MOST_KEPT_BYTES = 64 * 1024;
/** So much of a long stream gathers before it is read. */
const CONDENSED_BYTES = 2 * 1024;
const EVENT_END = '\n\n';

/**
 * What of a stream of text went to the client, in case that its usage never comes. While it runs, an event costs an
 * addition; the first ones are kept as they are, and what came behind them is taken to be like them.
 */
export class SeenText {
  private sample: Buffer[] = [];
  private sampleBytes = 0;
  /** Of what was kept and is read already. */
  private sampleTokens = 0;
  private unreadBytes = 0;
  private isLong = false;
  private largeBytes = 0;
  private furtherBytes = 0;

  /** @param pieces whole events, one or several in each */
  add(pieces: readonly Buffer[]): void {
    for (const piece of pieces) {
      if (piece.length > LARGE_BYTES && isOneEvent(piece)) this.largeBytes += piece.length;
      else this.keep(piece);
    }
  }

  /** As much of it as there is room for, in whole events. */
  private keep(piece: Buffer): void {
    const room = SAMPLE_BYTES - this.sampleBytes;
    const fits = piece.length <= room ? piece.length : endOfEvents(piece, room);
    if (fits > 0) this.sample.push(fits < piece.length ? this.part(piece, fits) : piece);
    this.sampleBytes += fits;
    this.unreadBytes += fits;
    this.furtherBytes += piece.length - fits;
    if (this.isLong && this.unreadBytes > CONDENSED_BYTES) this.read();
  }

  /** A part of a piece keeps all of it: no matter where it is not for long, and copied where it is. */
  private part(piece: Buffer, length: number): Buffer {
    const part = piece.subarray(0, length);
    return this.isLong || piece.length > MOST_KEPT_BYTES ? Buffer.from(part) : part;
  }

  /** The stream lasts: what is kept is read now and then, so that thousands of them keep little. */
  condense(): void {
    this.isLong = true;
    this.read();
  }

  private read(): void {
    const text = this.sample.flatMap((piece) => datasIn(piece).flatMap(textsOfAnswer)).join('');
    this.sampleTokens += estimateTokens(text);
    this.sample = [];
    this.unreadBytes = 0;
  }

  /** An estimate of the tokens that went out. */
  tokens(): number {
    this.read();
    const further = this.sampleBytes === 0 ? 0 : (this.sampleTokens * this.furtherBytes) / this.sampleBytes;
    return Math.ceil(this.sampleTokens + further + this.largeBytes / BYTES_A_TOKEN);
  }
}

function isOneEvent(piece: Buffer): boolean {
  return piece.indexOf(EVENT_END) === piece.length - EVENT_END.length;
}

/** Where the last event ends that fits. */
function endOfEvents(piece: Buffer, room: number): number {
  const at = room < EVENT_END.length ? -1 : piece.lastIndexOf(EVENT_END, room - EVENT_END.length);
  return at < 0 ? 0 : at + EVENT_END.length;
}

/** The JSON of events that the gateway has printed: one `data:` line each. */
function datasIn(piece: Buffer): string[] {
  const events = piece.toString().split(EVENT_END);
  return events
    .filter((text) => text !== '')
    .map((text) => text.slice(text.indexOf('data: ') + 'data: '.length));
}
