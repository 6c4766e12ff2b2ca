import { GatewayError } from '#contract';
import type { SseSink } from '#contract';
import { AwsEventParser } from './aws-event-parser.js';
import type { Exchange } from './exchange.js';

/** Reads an answer in AWS's binary event stream, event by event. */
export class AwsEventReader {
  private readonly parser = new AwsEventParser();

  constructor(private readonly exchange: Exchange) {}

  read(): Promise<Buffer[] | undefined> {
    return this.exchange.read();
  }

  feed(pieces: readonly Buffer[] | undefined, sink: SseSink): void {
    try {
      if (pieces) for (const piece of pieces) this.parser.feed(piece, sink);
      else this.parser.end();
    } catch (cause) {
      if (cause instanceof GatewayError) throw cause;
      const { message } = cause as Error;
      throw new GatewayError('upstream_unavailable', { message, cause });
    }
  }
}
