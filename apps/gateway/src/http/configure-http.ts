import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { ERRORS, GatewayError } from '#contract';
import type { HeaderPairs } from '#contract';
import type { Access, AccessedCall, AccessLog, ErrorCounts } from '#observability';
import { Ambiguity } from './ambiguity.js';
import { UnreadForm } from './body/form-body.pipe.js';
import { collectBody } from './collect-body.js';
import { connectionOf } from './connections.js';
import { Cors } from './cors.js';
import { decodeBody } from './decode-body.js';
import type { Handler } from './direct-handler.js';
import { isOfMessages } from './error-wire.js';
import { InFlight } from './in-flight.js';
import { KnownRoutes } from './known-routes.js';
import { LoadGuard, isModelCall, shed } from './load-guard.js';
import { V1_ADMIN } from './prefixes.js';
import { setHead } from './set-head.js';
import { SlowClients } from './slow-clients.js';

declare module 'fastify' {
  interface FastifyInstance {
    inFlight: InFlight;
    loadGuard: LoadGuard;
    errorCounts: ErrorCounts;
  }
  interface FastifyRequest {
    /** When the call came in: milliseconds since 1970, and on the monotonic clock. */
    at: number;
    startedAt: number;
    /** The model call that it is, once that is known. */
    call: { readonly record: AccessedCall | undefined } | undefined;
    /** Headers that every answer has. */
    answerHead: HeaderPairs;
    /** The pattern that took it, such as `/v1/models/:id`; undefined: none did. Fastify makes an object to tell it. */
    route: string | undefined;
    /** How many bytes its body may have. */
    bodyLimit: number;
  }
}

export interface HttpSettings {
  readonly accessLog: AccessLog;
  readonly errorCounts: ErrorCounts;
  readonly publicPaths: ReadonlySet<string>;
  /** What does for a handler of Nest's, with less; undefined: nothing. */
  readonly directHandler: (handler: object) => Handler | undefined;
  /** Pages that may call: `*`, or `https://app.example`. */
  readonly corsOrigins: readonly string[];
  /** How many calls may be in flight. */
  readonly mostInFlight: number;
  /** How long a body may stand still, in milliseconds. */
  readonly stalledMs: number;
  /** Puts a caller who was here before on the request, if it is one. */
  readonly recall: (request: FastifyRequest) => boolean;
  /** Puts the caller on the request, or throws. Runs before the body is read. */
  readonly authenticate: (request: FastifyRequest) => Promise<void>;
  /** The same again, for what was let in: while its body came its key may have been revoked, or bounded. */
  readonly authenticateAgain: (request: FastifyRequest) => Promise<void>;
  /** Is the process on its way out? Then connections are not kept. */
  readonly isDraining: () => boolean;
}

const CLIENT_GONE = ERRORS.client_closed_request.status;

/** A client's own request id is echoed up to this length. */
const LONGEST_CLIENT_ID = 512;

/** The hooks of every request, in the order they run. Shared by `main.ts` and the tests. */
export function configureHttp(fastify: FastifyInstance, settings: HttpSettings): void {
  const routes = new KnownRoutes();
  const cors = new Cors(settings.corsOrigins);
  const ambiguity = new Ambiguity();
  const guard = decorate(fastify, settings);
  fastify.addHook('onRoute', (route) => {
    routes.add(route.method, route.url);
    route.handler = settings.directHandler(route.handler) ?? route.handler;
    // Of these routes alone: no model's call has a hook for it.
    if (isAdminChange(route)) route.preHandler = (request) => settings.authenticateAgain(request);
    else if (!settings.publicPaths.has(route.url)) route.preHandler = expectCaller;
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    const connection = connectionOf(request.raw.socket);
    // Came behind a request that was refused: nobody is to answer it.
    if (connection.isClosing) return;
    connection.request = request.raw;
    connection.response = reply.raw;
    identify(request, cors, settings.isDraining());
    connection.head = request.answerHead;
    reply.raw.on('close', () => {
      settings.accessLog.write(summarize(request, reply));
      connection.letGo(request.raw);
    });
    const refusal = ambiguity.find(request.raw);
    if (refusal) {
      connection.isClosing = true;
      void reply.header('connection', 'close');
      return done(refusal);
    }
    if (request.is404) {
      if (isPreflight(request) && answerPreflight(request, reply, cors, routes)) return;
      return done(routes.missing(request.method, pathOf(request), reply));
    }
    if (guard.isFull && isModelCall(request)) return shed(request, reply);
    if (settings.publicPaths.has(request.route ?? '')) return done();
    if (settings.recall(request)) return done();
    settings.authenticate(request).then(() => done(), done);
  });
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    if (request.headers.expect !== undefined && !isTooLarge(request)) reply.raw.writeContinue();
    if (request.headers['content-encoding'] === undefined) return done(null, payload);
    done(null, decodeBody(request, reply, payload));
  });
  fastify.addHook('onSend', (request, reply, payload, done) => {
    setHead(request, reply);
    done(null, payload);
  });
  keepBodiesAsBytes(fastify);
  void new SlowClients(fastify.server, settings.stalledMs);
  awaitAuthentication(fastify);
}

/** Deny by default: a route that is not public has a caller, or no answer. */
function expectCaller(request: FastifyRequest, _: FastifyReply, done: (error?: Error) => void): void {
  done(request.caller ? undefined : new GatewayError('invalid_api_key'));
}

/** What the server and its requests carry. */
function decorate(fastify: FastifyInstance, { mostInFlight, errorCounts }: HttpSettings): LoadGuard {
  const inFlight = new InFlight();
  const guard = new LoadGuard(mostInFlight, inFlight);
  fastify.decorate('inFlight', inFlight);
  fastify.decorate('loadGuard', guard);
  fastify.addHook('onClose', async () => guard.close());
  fastify.decorate('errorCounts', errorCounts);
  fastify.decorateRequest('caller', undefined);
  fastify.decorateRequest('at', 0);
  fastify.decorateRequest('startedAt', 0);
  fastify.decorateRequest('call', undefined);
  fastify.decorateRequest('answerHead', null as never);
  fastify.decorateRequest('route', undefined);
  fastify.decorateRequest('bodyLimit', 0);
  return guard;
}

/** A client that asks before it sends its body is told to when its key was found good, not before. */
function awaitAuthentication({ server }: FastifyInstance): void {
  const go = (request: IncomingMessage, response: ServerResponse): void =>
    void server.emit('request', request, response);
  server.on('checkContinue', go);
  // An expectation that nobody knows is nothing to refuse a request for (RFC 9110, 10.1.1).
  server.on('checkExpectation', go);
}

/** Told by its length, before it is asked for. A form has a limit of its own. */
function isTooLarge({ headers, bodyLimit }: FastifyRequest): boolean {
  const isForm = headers['content-type']?.toLowerCase().startsWith('multipart/') ?? false;
  return !isForm && Number(headers['content-length']) > bodyLimit;
}

const ADMIN_URL = new RegExp(`^/(?:${V1_ADMIN.join('|')})/`);

function isAdminChange({ method, url }: RouteOptions): boolean {
  return ![method].flat().every((one) => one === 'GET' || one === 'HEAD') && ADMIN_URL.test(url);
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}

/** What a browser asks before it sends a call: it has no key. False where nothing is at the URL. */
function answerPreflight(
  request: FastifyRequest,
  reply: FastifyReply,
  cors: Cors,
  routes: KnownRoutes,
): boolean {
  const methods = routes.methodsOf(pathOf(request));
  if (methods.length === 0) return false;
  reply.hijack();
  const headers = cors.preflight(methods, request.headers['access-control-request-headers']);
  reply.raw.writeHead(204, [...request.answerHead, ...headers]);
  reply.raw.end();
  return true;
}

function identify(request: FastifyRequest, cors: Cors, isDraining: boolean): void {
  const { url, bodyLimit } = request.routeOptions;
  request.route = url;
  request.bodyLimit = bodyLimit;
  request.at = Date.now();
  request.startedAt = performance.now();
  const head = ['x-request-id', request.id];
  const own = request.headers['x-client-request-id'] ?? request.headers['x-request-id'];
  if (typeof own === 'string') head.push('x-client-request-id', own.slice(0, LONGEST_CLIENT_ID));
  if (request.headers.origin !== undefined) head.push(...cors.headersFor(request.headers.origin));
  if (isOfMessages(request)) head.push('request-id', request.id);
  if (isDraining) head.push('connection', 'close');
  request.answerHead = head;
}

/**
 * JSON stays bytes: whoever needs to know what they say reads them, once (`wireBody`, `adminBody`). A form is not
 * read at all until somebody wants it (`Uploads`). Other types are a 415.
 */
function keepBodiesAsBytes(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(/^application\/(?:[\w.-]+\+)?json(?:;|$)/, collectBody);
  fastify.addContentTypeParser(/^multipart\/form-data(?:;|$)/, (request, payload, done) =>
    done(null, new UnreadForm(request, payload)),
  );
}

/** Runs when the connection is done with the answer, whether or not the client waited for it. */
function summarize(request: FastifyRequest, reply: FastifyReply): Access {
  const { raw } = reply;
  return {
    requestId: request.id,
    method: request.method,
    route: request.route ?? 'unknown',
    status: raw.headersSent ? raw.statusCode : CLIENT_GONE,
    isWhole: raw.writableFinished,
    keyId: request.caller?.keyId ?? null,
    ms: performance.now() - request.startedAt,
    call: request.call?.record,
  };
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '/';
}
