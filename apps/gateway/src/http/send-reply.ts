import type { FastifyReply } from 'fastify';
import { CallSignal } from '#contract';
import type { GatewayError, Reply, WholeReply } from '#contract';
import { asGatewayError } from './framework-errors.js';
import type { OpenCall } from './in-flight.js';
import { sendError } from './send-error.js';
import { SseWriter } from './sse-writer.js';
import { toObservable } from './to-observable.js';

/**
 * Answers with what the relay gives: an Observable, pulled as fast as the socket drains, unsubscribed when the client
 * goes. The last byte is held back until the source has completed, and with it has recorded the call.
 */
export function sendReply(reply: FastifyReply, open: (signal: CallSignal) => AsyncGenerator<Reply>): void {
  reply.hijack();
  const { raw } = reply;
  const { inFlight } = reply.server;
  const writer = new SseWriter(raw, reply.request.answerHead);
  const signal = new CallSignal();
  let whole: WholeReply | undefined;

  const fail = (error: GatewayError): void => {
    if (writer.isOpen) writer.fail(error);
    else sendError(reply, error);
  };
  const call: OpenCall = {
    end(error) {
      signal.abort(error);
      // A reader that takes nothing more would keep the source from hearing of it.
      writer.release();
    },
  };
  inFlight.add(call);
  const subscription = toObservable(open(signal), writer.gate, (reason) => signal.abort(reason)).subscribe({
    next(piece) {
      if (piece.kind === 'whole') whole = piece;
      else if (piece.kind === 'open') writer.open(piece.headers);
      else writer.write(piece.payloads);
    },
    complete() {
      inFlight.delete(call);
      if (!whole) return writer.end();
      const { headers, body } = whole;
      const own = ['content-type', 'application/json', 'content-length', String(body.length)];
      raw.writeHead(200, [...reply.request.answerHead, ...headers, ...own]);
      raw.end(body);
    },
    error(thrown: unknown) {
      inFlight.delete(call);
      fail(asGatewayError(thrown));
    },
  });
  // `request.raw` closes once its body is read, and says nothing of the client; the answer's side does.
  raw.on('close', () => {
    writer.close();
    if (raw.writableFinished) return;
    subscription.unsubscribe();
    inFlight.delete(call);
  });
}
