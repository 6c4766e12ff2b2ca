import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
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
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  const connection = connectionOf(socket);
  const { request, response, isClosing } = connection;
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  // Its last answer is on its way, or an earlier error has been told.
  if (isClosing) return;
  connection.isClosing = true;
  const failure = brokenRequest(error.code);
  if (!request || !response || response.writableFinished) return refuse(socket, failure);
  // Whoever reads the body hears that no more of it comes: Node forgets a request that is answered.
  if (!request.complete) response.once('close', () => request.destroy());
  if (!request.complete) return refuseBody(response, connection.head, failure);
  // Who said "close" and goes on has nothing to be answered.
  if (error.code === 'HPE_CLOSED_CONNECTION') return;
  response.once('finish', () => refuse(socket, failure));
}

/** The message that is broken is the one that is being read: its answer is its own. */
function refuseBody(response: ServerResponse, head: HeaderPairs, failure: GatewayError): void {
  if (response.headersSent) return void response.destroy();
  const body = JSON.stringify(failure.toBody());
  response.writeHead(failure.status, [...head, ...headersOf(body)]);
  response.end(body);
}

function refuse(socket: Socket, failure: GatewayError): void {
  if (!socket.writable) return;
  const body = JSON.stringify(failure.toBody());
  const lines = [`HTTP/1.1 ${failure.status} ${failure.code}`];
  const headers = ['x-request-id', newRequestId(), ...headersOf(body)];
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  socket.setTimeout(LINGER_MS, () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
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
