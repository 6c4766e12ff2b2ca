import type { SseSink } from '#contract';
import type { Framing } from '#providers';
import { AwsEventReader } from './aws-event-reader.js';
import type { Exchange } from './exchange.js';
import { SseReader } from './sse-reader.js';

/** Reads a streamed answer event by event. */
export interface EventReader {
  /** What has come, to be fed; undefined at the end. @throws GatewayError */
  read(): Promise<Buffer[] | undefined>;
  /** Gives the sink the events that are complete with that. @throws GatewayError */
  feed(pieces: readonly Buffer[] | undefined, sink: SseSink): void;
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
