import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HeaderPairs } from '#contract';

const STATE = Symbol('connection');

/** What the edge knows of a client's connection. */
export class Connection {
  /** The youngest request, its answer, and the headers which that has in any case. */
  request: IncomingMessage | undefined = undefined;
  response: ServerResponse | undefined = undefined;
  head: HeaderPairs = [];
  /** Nothing more is read as a request: "MUST NOT process any further requests" (RFC 9112, 9.6). */
  isClosing = false;

  constructor(readonly socket: Socket) {}
}

export function connectionOf(socket: Socket): Connection {
  const known = socket as Socket & { [STATE]?: Connection };
  return (known[STATE] ??= new Connection(socket));
}
