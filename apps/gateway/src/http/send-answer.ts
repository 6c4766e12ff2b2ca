import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import { CallSignal, EVENT_STREAM, GatewayError } from '#contract';
import type { Emit, Reply, WholeReply } from '#contract';
import { errorWireOf } from './error-wire.js';
import { asGatewayError } from './framework-errors.js';
import type { OpenCall } from './in-flight.js';
import { AnswerWriter } from './answer-writer.js';
import { sendError } from './send-error.js';
import { toObservable } from './to-observable.js';

/** Up to here a body goes out with its head. */
const SHORT_BYTES = 8 * 1024;

/** Gives out an answer, and settles when the call is recorded. */
export type Answer = (signal: CallSignal, emit: Emit) => Promise<void>;

/** @param inPieces may the answer come in pieces: a stream, or a file that is too large to hold? */
export function sendAnswer(reply: FastifyReply, inPieces: boolean, answer: Answer): void {
  reply.hijack();
  if (inPieces) sendPieces(reply, answer);
  else sendWhole(reply, answer);
}

/**
 * Answers with what the relay gives: an Observable, held back while the socket is full, unsubscribed when the client
 * goes. The last byte is held back until the source has completed, and with it has recorded the call.
 */
function sendPieces(reply: FastifyReply, answer: Answer): void {
  const { raw } = reply;
  const { inFlight } = reply.server;
  const { id, answerHead } = reply.request;
  const wire = errorWireOf(reply.request);
  const writer = new AnswerWriter(raw, answerHead, (error) => wire.event(error, id));
  const signal = new CallSignal();
  let whole: WholeReply | undefined;
  let last: readonly Buffer[] = [];
  let ending = '';

  const call: OpenCall = {
    place: -1,
    end(error) {
      signal.abort(error);
      // A reader that takes nothing more would keep the source from hearing of it.
      writer.release();
    },
  };
  inFlight.add(call);
  const replies = toObservable<Reply>(
    // Also a call whose client has gone is in flight until it is recorded.
    (emit) => answer(signal, emit).finally(() => inFlight.delete(call)),
    () => writer.gate(),
    (reason) => signal.abort(reason),
  );
  const subscription = replies.subscribe({
    next(piece) {
      if (piece.kind === 'whole') whole = piece;
      else if (piece.kind === 'end') ending = piece.text;
      else if (piece.kind === 'pieces' && piece.isLast) last = piece.pieces;
      else if (piece.kind === 'pieces') writer.write(piece.pieces);
      else writer.open(piece, piece.contentType === EVENT_STREAM);
    },
    complete() {
      if (whole) sendBody(reply, whole);
      else writer.end(last, ending);
    },
    error(thrown: unknown) {
      const error = asGatewayError(thrown);
      if (!writer.isOpen) return sendError(reply, error);
      if (!raw.destroyed) reply.server.errorCounts.see(error.code);
      writer.write(last);
      writer.fail(error);
    },
  });
  // `request.raw` closes once its body is read, and says nothing of the client; the answer's side does.
  raw.on('close', () => {
    writer.close();
    if (!raw.writableFinished) subscription.unsubscribe();
  });
  // Gone before there was anybody to tell.
  if (raw.destroyed) subscription.unsubscribe();
}

/** The same for an answer that comes whole, without what only a stream needs. */
function sendWhole(reply: FastifyReply, answer: Answer): void {
  const call = new WholeCall(reply);
  reply.server.inFlight.add(call);
  reply.raw.on('close', () => call.close());
  if (reply.raw.destroyed) call.close();
  answer(call.signal, (piece) => call.take(piece)).then(
    () => call.complete(),
    (error: unknown) => call.fail(error),
  );
}

/**
 * Its functions are methods, and no fields that hold closures: V8 puts a function that is assigned to a property into
 * the old generation, where it keeps the call and all that hangs on it until the next full collection.
 */
class WholeCall implements OpenCall {
  readonly signal = new CallSignal();
  place = -1;
  private whole: WholeReply | undefined = undefined;

  constructor(private readonly reply: FastifyReply) {}

  take(piece: Reply): undefined {
    if (piece.kind === 'whole') this.whole = piece;
  }

  complete(): void {
    this.reply.server.inFlight.delete(this);
    if (this.whole) sendBody(this.reply, this.whole);
  }

  fail(error: unknown): void {
    this.reply.server.inFlight.delete(this);
    sendError(this.reply, asGatewayError(error));
  }

  close(): void {
    if (!this.reply.raw.writableFinished) this.end(new GatewayError('client_closed_request'));
  }

  end(error: GatewayError): void {
    this.signal.abort(error);
  }
}

function sendBody({ raw, request }: FastifyReply, { headers, contentType, body }: WholeReply): void {
  if (raw.destroyed) return;
  const own = ['content-type', contentType, 'content-length', String(body.length)];
  raw.writeHead(200, [...request.answerHead, ...headers, ...own]);
  if (raw.socket && body.length <= SHORT_BYTES) endShort(raw, raw.socket, body);
  else raw.end(body);
}

/** Head and body as one string are one plain write; as two pieces they are gathered, which takes longer. */
function endShort(raw: ServerResponse, socket: Socket, body: Buffer): void {
  socket.cork();
  raw.write(body.toString('latin1'), 'latin1');
  socket.uncork();
  raw.end();
}
