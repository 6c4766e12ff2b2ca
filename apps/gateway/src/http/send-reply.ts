import type { FastifyReply } from 'fastify';
import { CallSignal } from '#contract';
import type { Emit, Reply, WholeReply } from '#contract';
import { asGatewayError } from './framework-errors.js';
import type { OpenCall } from './in-flight.js';
import { sendError } from './send-error.js';
import { SseWriter } from './sse-writer.js';
import { toObservable } from './to-observable.js';

/**
 * Answers with what the relay gives: an Observable, held back while the socket is full, unsubscribed when the client
 * goes. The last byte is held back until the source has completed, and with it has recorded the call.
 */
export function sendReply(
  reply: FastifyReply,
  answer: (signal: CallSignal, emit: Emit) => Promise<void>,
): void {
  reply.hijack();
  const { raw } = reply;
  const { inFlight } = reply.server;
  const writer = new SseWriter(raw, reply.request.answerHead);
  const signal = new CallSignal();
  let whole: WholeReply | undefined;

  const call: OpenCall = {
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
    writer.gate,
    (reason) => signal.abort(reason),
  );
  const subscription = replies.subscribe({
    next(piece) {
      if (piece.kind === 'whole') whole = piece;
      else if (piece.kind === 'open') writer.open(piece.headers);
      else writer.write(piece.payloads);
    },
    complete() {
      if (whole) sendWhole(reply, whole);
      else writer.end();
    },
    error(thrown: unknown) {
      const error = asGatewayError(thrown);
      if (writer.isOpen) writer.fail(error);
      else sendError(reply, error);
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

function sendWhole({ raw, request }: FastifyReply, { headers, body }: WholeReply): void {
  const own = ['content-type', 'application/json', 'content-length', String(body.length)];
  raw.writeHead(200, [...request.answerHead, ...headers, ...own]);
  raw.end(body);
}
