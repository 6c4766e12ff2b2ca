import type { GatewayError, SseEvent, SseSink, Usage } from '#contract';
import type { BytesDecoder, StreamDecoder } from '#providers';
import type { EventReader, Exchange } from '#upstream';
import type { SeenText } from './seen-text.js';

/** An answer that comes in pieces. */
export interface Pieces {
  /** What has come, never nothing; undefined: the answer is complete. @throws GatewayError where it was cut */
  next(): Promise<Buffer[] | undefined>;
  readonly usage: Usage | undefined;
  /** Has anything come by which the client would see the answer? */
  readonly hasContent: boolean;
  /** Is it known that nothing comes behind what was given out? */
  readonly isComplete: boolean;
  /** What can be said of the text that went out, where it is one. */
  readonly seen?: SeenText | undefined;
  /** What ends the answer, once it is complete. */
  readonly ending: string;
  /** The event that tells of an error in the middle; undefined where it is the wire's usual one. */
  readonly printError?: ((error: GatewayError) => string) | undefined;
}

/** Events, decoded one by one. */
export class EventPieces implements Pieces, SseSink {
  private decoded: Buffer[] = [];
  private failure: unknown = undefined;
  private isOver = false;

  constructor(
    private readonly reader: EventReader,
    private readonly decoder: StreamDecoder,
    readonly seen: SeenText | undefined,
    /** Is shown the first event. */
    private see: ((data: Buffer) => void) | undefined,
  ) {}

  get usage(): Usage | undefined {
    return this.decoder.usage;
  }

  get hasContent(): boolean {
    return this.decoder.hasContent;
  }

  get isComplete(): boolean {
    return this.isOver && this.failure === undefined;
  }

  get ending(): string {
    return this.decoder.ending;
  }

  get printError(): ((error: GatewayError) => string) | undefined {
    const { decoder } = this;
    return decoder.fail && ((error) => decoder.fail?.(error) ?? '');
  }

  async next(): Promise<Buffer[] | undefined> {
    for (;;) {
      if (this.failure !== undefined) throw this.failure;
      if (this.isOver) return undefined;
      try {
        const pieces = await this.reader.read();
        this.reader.feed(pieces, this);
        if (!pieces || this.decoder.isComplete) this.end();
      } catch (error) {
        // An error in the middle of a packet does not take back what came before it.
        if (this.decoded.length === 0) throw error;
        this.failure = error;
      }
      if (this.decoded.length > 0) return this.take();
    }
  }

  event(event: SseEvent): void {
    this.see?.(event.data);
    this.see = undefined;
    for (const piece of this.decoder.push(event)) this.decoded.push(piece);
  }

  skim(bytes: Buffer, from: number): number {
    const skimmed = this.decoder.skim?.(bytes, from);
    if (!skimmed) return 0;
    this.decoded.push(skimmed.events);
    return skimmed.taken;
  }

  private end(): void {
    this.isOver = true;
    for (const piece of this.decoder.end()) this.decoded.push(piece);
  }

  private take(): Buffer[] {
    const { decoded } = this;
    this.decoded = [];
    this.seen?.add(decoded);
    return decoded;
  }
}

/** Any other answer, as it comes. */
export class BytesPieces implements Pieces {
  readonly hasContent = true;
  readonly isComplete = false;
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
