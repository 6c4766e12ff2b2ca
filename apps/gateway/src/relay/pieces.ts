import type { Usage } from '#contract';
import type { BytesDecoder, StreamDecoder } from '#providers';
import { SseReader } from '#upstream';
import type { Exchange } from '#upstream';
import type { SeenText } from './seen-text.js';

/** An answer that comes in pieces. */
export interface Pieces {
  /** What has come, never nothing; undefined: the answer is complete. @throws GatewayError where it was cut */
  next(): Promise<Buffer[] | undefined>;
  readonly usage: Usage | undefined;
  /** What can be said of the text that went out, where it is one. */
  readonly seen?: SeenText | undefined;
  /** What ends the answer, once it is complete. */
  readonly ending: string;
}

/** Server-sent events, decoded one by one. */
export class EventPieces implements Pieces {
  private readonly reader: SseReader;
  private failure: unknown = undefined;
  private isOver = false;

  constructor(
    exchange: Exchange,
    private readonly decoder: StreamDecoder,
    readonly seen: SeenText | undefined,
  ) {
    this.reader = new SseReader(exchange);
  }

  get usage(): Usage | undefined {
    return this.decoder.usage;
  }

  get ending(): string {
    return this.decoder.ending;
  }

  async next(): Promise<Buffer[] | undefined> {
    while (!this.isOver) {
      if (this.failure !== undefined) throw this.failure;
      const events = this.decoder.isComplete ? undefined : await this.reader.next();
      const pieces: Buffer[] = [];
      try {
        if (events) for (const event of events) pieces.push(...this.decoder.push(event));
        else {
          this.isOver = true;
          pieces.push(...this.decoder.end());
        }
      } catch (error) {
        // An error in the middle of a packet does not take back what came before it.
        if (pieces.length === 0) throw error;
        this.failure = error;
      }
      if (pieces.length === 0) continue;
      this.seen?.add(pieces);
      return pieces;
    }
    return undefined;
  }
}

/** Any other answer, as it comes. */
export class BytesPieces implements Pieces {
  readonly ending = '';

  constructor(
    private readonly exchange: Exchange,
    private readonly decoder: BytesDecoder,
  ) {}

  get usage(): Usage | undefined {
    return this.decoder.usage;
  }

  async next(): Promise<Buffer[] | undefined> {
    const pieces = await this.exchange.read();
    return pieces?.map((piece) => this.decoder.push(piece));
  }
}
