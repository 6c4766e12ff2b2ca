import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerBrokenRequest } from './broken-requests.js';
import { asGatewayError } from './framework-errors.js';
import { newRequestId } from './request-id.js';
import { sendError } from './send-error.js';

/** Longer than a load balancer keeps an idle connection (60 s is usual), so that it is the one to close it. */
const KEEP_ALIVE_MS = 72_000;
/** Checked once a second: whoever sends its headers too slowly is closed within 15 s. */
const HEADERS_MS = 13_000;

export interface ServerLimits {
  readonly bodyLimit: number;
  readonly requestTimeoutMs: number;
  /** Networks of proxies whose `x-forwarded-for` is believed; none: a client is who opened the socket. */
  readonly trustedProxies: readonly string[];
}

/** How Fastify is made. A model's name is part of some URLs: parameters may be long. */
export function serverOptions({ bodyLimit, requestTimeoutMs, trustedProxies }: ServerLimits) {
  return {
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    bodyLimit,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: {
      headersTimeout: Math.min(HEADERS_MS, requestTimeoutMs),
      connectionsCheckingInterval: 1_000,
      // `Ambiguity` answers in our words, and sees a second host.
      requireHostHeader: false,
      joinDuplicateHeaders: true,
    },
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 1_000 },
    genReqId: newRequestId,
    // Streams in flight finish; `drain` sees to the rest.
    forceCloseConnections: false as const,
    return503OnClosing: false,
    frameworkErrors: answerBrokenUrl,
    clientErrorHandler: answerBrokenRequest,
  };
}

/** A URL that cannot be decoded reaches no hook. */
function answerBrokenUrl(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  void reply.header('x-request-id', request.id);
  sendError(reply, asGatewayError(error));
}
