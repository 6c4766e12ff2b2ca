import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { GatewayError } from '#contract';
import type { HeaderPairs } from '#contract';
import { connectionOf } from './connections.js';
import { newRequestId } from './request-id.js';

/** How long a client whose connection is being closed may go on sending, which is thrown away. */
const LINGER_MS = 2_000;

/**
 * What Node's parser refuses never reaches a route: one answer, and the connection is closed. Answers come in the
 * order of their requests (RFC 9112, 9.3.2), so that this one is never taken for that of a good request before it.
 */
export function answerBrokenRequest(
  this: Pick<FastifyInstance, 'errorCounts'>,
  error: NodeJS.ErrnoException,
  socket: Socket,
): void {
  const connection = connectionOf(socket);
  const { request, response, isClosing } = connection;
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  // Its last answer is on its way, or an earlier error has been told.
  if (isClosing) return;
  connection.isClosing = true;
  const failure = brokenRequest(error.code);
  const answer = (): void => {
    if (refuse(socket, failure)) this.errorCounts.see(failure.code);
  };
  if (!request || !response || response.writableFinished) return answer();
  if (!request.complete) {
    // Nobody waits for an answer to what was broken off.
    if (error.code === 'HPE_INVALID_EOF_STATE' || response.headersSent) return void socket.destroy();
    this.errorCounts.see(failure.code);
    return refuseBody(request, response, connection.head, failure);
  }
  // Who said "close" and goes on has nothing to be answered.
  if (error.code === 'HPE_CLOSED_CONNECTION') return;
  response.once('finish', answer);
}

/** The message that is broken is the one that is being read: its answer is its own. */
function refuseBody(
  request: IncomingMessage,
  response: ServerResponse,
  head: HeaderPairs,
  failure: GatewayError,
): void {
  const body = JSON.stringify(failure.toBody());
  response.writeHead(failure.status, [...head, ...headersOf(body)]);
  // Node lets go of a request that is answered: whoever still reads its body would wait for ever.
  response.once('close', () => request.destroy());
  response.end(body);
}

/** False: nobody is there to be answered. */
function refuse(socket: Socket, failure: GatewayError): boolean {
  if (!socket.writable) return false;
  const body = JSON.stringify(failure.toBody());
  const lines = [`HTTP/1.1 ${failure.status} ${failure.code}`];
  const headers = ['x-request-id', newRequestId(), ...headersOf(body)];
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  socket.setTimeout(LINGER_MS, () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  return true;
}

function headersOf(body: string): string[] {
  const length = String(Buffer.byteLength(body));
  return ['content-type', 'application/json; charset=utf-8', 'content-length', length, 'connection', 'close'];
}

function brokenRequest(code: string | undefined): GatewayError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new GatewayError('request_timeout');
  if (code === 'HPE_HEADER_OVERFLOW') return new GatewayError('headers_too_large');
  return new GatewayError('bad_request', { message: 'This is not valid HTTP.' });
}
