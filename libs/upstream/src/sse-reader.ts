import { GatewayError, SseParser } from '#contract';
import type { SseSink } from '#contract';
import type { Exchange } from './exchange.js';

/** Reads a streamed answer event by event. */
export class SseReader {
  private readonly parser = new SseParser();

  constructor(private readonly exchange: Exchange) {}

  read(): Promise<Buffer[] | undefined> {
    return this.exchange.read();
  }

  feed(pieces: readonly Buffer[] | undefined, sink: SseSink): void {
    try {
      if (pieces) for (const piece of pieces) this.parser.feed(piece, sink);
      else for (const event of this.parser.end()) sink.event(event);
    } catch (cause) {
      // An event beyond all bounds: the upstream is broken.
      throw cause instanceof GatewayError ? cause : new GatewayError('upstream_unavailable', { cause });
    }
  }
}
