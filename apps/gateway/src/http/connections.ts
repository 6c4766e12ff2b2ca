import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Transform } from 'node:stream';
import type { HeaderPairs } from '#contract';

const STATE = Symbol('connection');

const NO_HEAD: HeaderPairs = [];

/** What the edge knows of a client's connection. */
export class Connection {
  /** The youngest request, its answer, and the headers which that has in any case. */
  request: IncomingMessage | undefined = undefined;
  response: ServerResponse | undefined = undefined;
  head: HeaderPairs = NO_HEAD;
  /** What undoes the compression of the request's body. */
  decoder: Transform | undefined = undefined;
  /** Nothing more is read as a request: "MUST NOT process any further requests" (RFC 9112, 9.6). */
  isClosing = false;

  constructor(readonly socket: Socket) {}

  /** A request is over. An idle connection would keep all that hangs on it until the next one comes. */
  letGo(request: IncomingMessage): void {
    if (this.request !== request || !request.complete) return;
    this.request = this.response = undefined;
    this.head = NO_HEAD;
  }
}

/** The rest of a request's body is not wanted: a bomb that was refused is not decoded to its end. */
export function stopDecoding({ request, decoder }: Connection): void {
  if (!decoder) return;
  request?.unpipe(decoder);
  decoder.destroy();
}

export function connectionOf(socket: Socket): Connection {
  const known = socket as Socket & { [STATE]?: Connection };
  return (known[STATE] ??= new Connection(socket));
}
