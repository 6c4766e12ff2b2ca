import { GatewayError } from '#contract';
import type { SseSink } from '#contract';
import { AwsEventParser } from './aws-event-parser.js';
import type { Exchange } from './exchange.js';

/** Reads an answer in AWS's binary event stream, event by event. */
export class AwsEventReader {
  private readonly parser = new AwsEventParser();
  private isAtEnd = false;

  constructor(private readonly exchange: Exchange) {}

  /** Gives the sink what has come, which may be no whole event; false at the end. @throws GatewayError */
  async next(sink: SseSink): Promise<boolean> {
    if (this.isAtEnd) return false;
    const pieces = await this.exchange.read();
    this.isAtEnd = pieces === undefined;
    try {
      for (const piece of pieces ?? []) this.parser.feed(piece, sink);
      if (this.isAtEnd) this.parser.end();
    } catch (cause) {
      if (cause instanceof GatewayError) throw cause;
      const { message } = cause as Error;
      throw new GatewayError('upstream_unavailable', { message, cause });
    }
    return !this.isAtEnd;
  }
}
