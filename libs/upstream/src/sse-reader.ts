import { GatewayError, SseParser } from '#contract';
import type { SseSink } from '#contract';
import type { Exchange } from './exchange.js';

/** Reads a streamed answer event by event. */
export class SseReader {
  private readonly parser = new SseParser();
  private isAtEnd = false;

  constructor(private readonly exchange: Exchange) {}

  /** Gives the sink what has come, which may be no whole event; false at the end. @throws GatewayError */
  async next(sink: SseSink): Promise<boolean> {
    if (this.isAtEnd) return false;
    const pieces = await this.exchange.read();
    if (pieces) this.feed(pieces, sink);
    else {
      this.isAtEnd = true;
      for (const event of this.parser.end()) sink.event(event);
    }
    return !this.isAtEnd;
  }

  private feed(pieces: readonly Buffer[], sink: SseSink): void {
    try {
      for (const piece of pieces) this.parser.feed(piece, sink);
    } catch (cause) {
      // An event beyond all bounds: the upstream is broken.
      throw cause instanceof GatewayError ? cause : new GatewayError('upstream_unavailable', { cause });
    }
  }
}
