import { randomFillSync } from 'node:crypto';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError } from '#contract';
import { asGatewayError } from './framework-errors.js';
import { sendError } from './send-error.js';

/** Longer than a load balancer keeps an idle connection (60 s is usual), so that it is the one to close it. */
const KEEP_ALIVE_MS = 72_000;
const HEADERS_MS = 15_000;

export interface ServerLimits {
  readonly bodyLimit: number;
  readonly requestTimeoutMs: number;
}

/** How Fastify is made. A model's name is part of some URLs: parameters may be long. */
export function serverOptions({ bodyLimit, requestTimeoutMs }: ServerLimits) {
  return {
    bodyLimit,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { headersTimeout: Math.min(HEADERS_MS, requestTimeoutMs), connectionsCheckingInterval: 1_000 },
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 1_000 },
    genReqId: newRequestId,
    // Streams in flight finish; `drain` sees to the rest.
    forceCloseConnections: false as const,
    return503OnClosing: false,
    frameworkErrors: answerBrokenUrl,
    clientErrorHandler: answerBrokenRequest,
  };
}

/** Random bytes are drawn for many ids at once. */
const pool = Buffer.alloc(16 * 256);
let drawn = pool.length;

/** `req_` and 32 hexadecimal digits. */
function newRequestId(): string {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  drawn += 16;
  return `req_${pool.toString('hex', drawn - 16, drawn)}`;
}

/** A URL that cannot be decoded reaches no hook. */
function answerBrokenUrl(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  void reply.header('x-request-id', request.id);
  sendError(reply, asGatewayError(error));
}

/** What Node's parser refuses never reaches a route: one answer, and the connection is closed. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const failure = brokenRequest(error.code);
  const body = JSON.stringify(failure.toBody());
  const head = [
    `HTTP/1.1 ${failure.status} ${failure.code}`,
    'content-type: application/json; charset=utf-8',
    `x-request-id: ${newRequestId()}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function brokenRequest(code: string | undefined): GatewayError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new GatewayError('request_timeout');
  if (code === 'HPE_HEADER_OVERFLOW') return new GatewayError('headers_too_large');
  return new GatewayError('bad_request', { message: 'This is not valid HTTP.' });
}
