import { GatewayError, SseParser } from '#contract';
import type { SseEvent } from '#contract';
import type { Exchange } from './exchange.js';

/** Reads a streamed answer event by event. */
export class SseReader {
  private readonly parser = new SseParser();
  private isAtEnd = false;

  constructor(private readonly exchange: Exchange) {}

  /** The next events, as many as have come and never none; undefined at the end. @throws GatewayError */
  async next(): Promise<SseEvent[] | undefined> {
    while (!this.isAtEnd) {
      const pieces = await this.exchange.read();
      if (!pieces) this.isAtEnd = true;
      const events = pieces ? this.parse(pieces) : this.parser.end();
      if (events.length > 0) return events;
    }
    return undefined;
  }

  private parse(pieces: readonly Buffer[]): SseEvent[] {
    try {
      const [first] = pieces;
      if (first && pieces.length === 1) return this.parser.push(first);
      return pieces.flatMap((piece) => this.parser.push(piece));
    } catch (cause) {
      // An event beyond all bounds: the upstream is broken.
      throw new GatewayError('upstream_unavailable', { cause });
    }
  }
}
