import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ERRORS } from '#contract';
import type { HeaderPairs } from '#contract';
import type { Access, AccessLog } from '#observability';
import { UnreadForm } from './body/form-body.pipe.js';
import { InFlight } from './in-flight.js';
import { KnownRoutes } from './known-routes.js';

declare module 'fastify' {
  interface FastifyInstance {
    inFlight: InFlight;
  }
  interface FastifyRequest {
    /** When the call came in: milliseconds since 1970, and on the monotonic clock. */
    at: number;
    startedAt: number;
    /** Headers that every answer has. */
    answerHead: HeaderPairs;
  }
}

export interface HttpSettings {
  readonly accessLog: AccessLog;
  readonly publicPaths: ReadonlySet<string>;
  /** Puts a caller who was here before on the request, if it is one. */
  readonly recall: (request: FastifyRequest) => boolean;
  /** Puts the caller on the request, or throws. Runs before the body is read. */
  readonly authenticate: (request: FastifyRequest) => Promise<void>;
  /** Is the process on its way out? Then connections are not kept. */
  readonly isDraining: () => boolean;
}

const CLIENT_GONE = ERRORS.client_closed_request.status;

/** A client's own request id is echoed up to this length. */
const LONGEST_CLIENT_ID = 512;

/** The hooks of every request, in the order they run. Shared by `main.ts` and the tests. */
export function configureHttp(fastify: FastifyInstance, settings: HttpSettings): void {
  const routes = new KnownRoutes();
  fastify.decorate('inFlight', new InFlight());
  fastify.decorateRequest('caller', undefined);
  fastify.decorateRequest('at', 0);
  fastify.decorateRequest('startedAt', 0);
  fastify.decorateRequest('answerHead', null as never);
  fastify.addHook('onRoute', (route) => routes.add(route.method, route.url));
  fastify.addHook('onRequest', (request, reply, done) => {
    identify(request, reply, settings.isDraining());
    reply.raw.once('close', () => settings.accessLog.write(summarize(request, reply)));
    if (request.is404) return done(routes.missing(request.method, pathOf(request), reply));
    if (settings.publicPaths.has(request.routeOptions.url ?? '')) return done();
    if (settings.recall(request)) return done();
    settings.authenticate(request).then(() => done(), done);
  });
  keepBodiesAsBytes(fastify);
}

function identify(request: FastifyRequest, reply: FastifyReply, isDraining: boolean): void {
  request.at = Date.now();
  request.startedAt = performance.now();
  const head = ['x-request-id', request.id];
  const own = request.headers['x-client-request-id'] ?? request.headers['x-request-id'];
  if (typeof own === 'string') head.push('x-client-request-id', own.slice(0, LONGEST_CLIENT_ID));
  if (isDraining) head.push('connection', 'close');
  request.answerHead = head;
  // Fastify writes these where it answers itself; whoever takes the socket over writes `answerHead`.
  for (let at = 0; at < head.length; at += 2) reply.header(head[at] as string, head[at + 1]);
}

/**
 * JSON stays bytes: who needs the value parses it, once (`wireBody`, `adminBody`). A form is not read at all until
 * somebody wants it (`Uploads`). Other types are a 415.
 */
function keepBodiesAsBytes(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(/^application\/(?:[\w.-]+\+)?json\b/, { parseAs: 'buffer' }, (_, body, done) =>
    done(null, body),
  );
  fastify.addContentTypeParser(/^multipart\/form-data\b/i, (request, _, done) =>
    done(null, new UnreadForm(request)),
  );
}

/** Runs when the connection is done with the answer, whether or not the client waited for it. */
function summarize(request: FastifyRequest, reply: FastifyReply): Access {
  const { raw } = reply;
  return {
    requestId: request.id,
    method: request.method,
    route: request.routeOptions.url ?? 'unknown',
    status: raw.headersSent ? raw.statusCode : CLIENT_GONE,
    isWhole: raw.writableFinished,
    keyId: request.caller?.keyId ?? null,
    ms: performance.now() - request.startedAt,
  };
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '/';
}
