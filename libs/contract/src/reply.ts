import type { GatewayError } from './errors.js';

/** What the relay gives the HTTP edge, in this order: one `whole`; or one `open`, then `pieces`, then perhaps `end`. */
export type Reply = WholeReply | OpenReply | PiecesReply | EndReply;

/** Gives the client a piece. Where it answers with a promise, the client's socket is full: wait before the next one. */
export type Emit = (reply: Reply) => Promise<void> | undefined;

/** A complete answer, status 200. */
export interface WholeReply {
  readonly kind: 'whole';
  readonly headers: HeaderPairs;
  readonly contentType: string;
  readonly body: Buffer;
}

/** From here on the status is 200 and the client reads the answer as it comes. */
export interface OpenReply {
  readonly kind: 'open';
  readonly headers: HeaderPairs;
  readonly contentType: string;
  /** The event that tells of an error further on; undefined where it is the wire's usual one. */
  readonly printError?: ((error: GatewayError) => string) | undefined;
}

/** Bytes of the answer, in order: whole events of a stream, or any part of a file. */
export interface PiecesReply {
  readonly kind: 'pieces';
  readonly pieces: readonly Buffer[];
  /** Nothing but an `end` comes behind them: they may wait for it, and go out together with it. */
  readonly isLast?: boolean;
}

/** What ends an answer that is complete; it is held back until the call is recorded. */
export interface EndReply {
  readonly kind: 'end';
  readonly text: string;
}

/** Name, value, name, value: the form in which Node writes headers with the least ado. */
export type HeaderPairs = readonly string[];

/** The content type of an answer that is a stream of server-sent events. */
export const EVENT_STREAM = 'text/event-stream; charset=utf-8';
