import type { SseSink } from '#contract';
import type { Framing } from '#providers';
import { AwsEventReader } from './aws-event-reader.js';
import type { Exchange } from './exchange.js';
import { SseReader } from './sse-reader.js';

/** Reads a streamed answer event by event. */
export interface EventReader {
  /** Gives the sink what has come, which may be no whole event; false at the end. @throws GatewayError */
  next(sink: SseSink): Promise<boolean>;
}

interface FramingFacts {
  /** What is asked for, and must come. */
  readonly contentType: string;
  open(exchange: Exchange): EventReader;
}

/** How events are told apart in the bytes of a stream. */
export const FRAMINGS: Readonly<Record<Framing, FramingFacts>> = {
  sse: { contentType: 'text/event-stream', open: (exchange) => new SseReader(exchange) },
  aws: {
    contentType: 'application/vnd.amazon.eventstream',
    open: (exchange) => new AwsEventReader(exchange),
  },
};
