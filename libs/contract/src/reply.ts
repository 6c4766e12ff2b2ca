/** What the relay gives the HTTP edge, in this order: one `whole`; or one `open`, then `chunks`. */
export type Reply = WholeReply | OpenReply | ChunksReply;

/** Gives the client a piece. Where it answers with a promise, the client's socket is full: wait before the next one. */
export type Emit = (reply: Reply) => Promise<void> | undefined;

/** A complete answer, status 200. */
export interface WholeReply {
  readonly kind: 'whole';
  readonly headers: HeaderPairs;
  readonly body: Buffer;
}

/** From here on the status is 200 and the client reads a stream. */
export interface OpenReply {
  readonly kind: 'open';
  readonly headers: HeaderPairs;
}

/** Payloads of events, in order. */
export interface ChunksReply {
  readonly kind: 'chunks';
  readonly payloads: readonly Buffer[];
}

/** Name, value, name, value: the form in which Node writes headers with the least ado. */
export type HeaderPairs = readonly string[];
