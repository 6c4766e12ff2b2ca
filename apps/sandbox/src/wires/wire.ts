import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from '../answer.js';
import type { StreamEvent } from '../answer-stream.js';
import type { ChatRequest } from '../chat-request.js';
import type { Framing } from '../pour-stream.js';
import type { PrintError } from '../reply.js';

/** A call as it came. */
export interface Call {
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** The body. */
  readonly text: string;
}

/** A chat in the words of another provider: the same play, read and printed otherwise. */
export interface Wire {
  /** Whose paths these are. */
  readonly path: RegExp;
  /** @throws Fault where the provider's own rules are broken */
  read(call: Call): ChatRequest;
  printWhole(answer: Answer, request: ChatRequest): string;
  /** The events of an answer that nothing interrupts. */
  printEvents(answer: Answer, request: ChatRequest): Iterable<StreamEvent>;
  /** How events are told apart in the bytes; undefined: as server-sent events. */
  readonly framing?: Framing;
  readonly printError: PrintError;
  /** The event that tells of an error in a stream. */
  errorEvent(message: string): StreamEvent;
}
