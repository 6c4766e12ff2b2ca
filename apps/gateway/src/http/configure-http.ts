import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '#observability';
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
  }
}

export interface HttpSettings {
  readonly logger: Logger;
  readonly publicPaths: ReadonlySet<string>;
  /** Puts the caller on the request, or throws. Runs before the body is read. */
  readonly authenticate: (request: FastifyRequest) => Promise<void>;
  /** Is the process on its way out? Then connections are not kept. */
  readonly isDraining: () => boolean;
}

/** A client's own request id is echoed up to this length. */
const LONGEST_CLIENT_ID = 512;

/** The hooks of every request, in the order they run. Shared by `main.ts` and the tests. */
export function configureHttp(fastify: FastifyInstance, settings: HttpSettings): void {
  const routes = new KnownRoutes();
  fastify.decorate('inFlight', new InFlight());
  fastify.decorateRequest('caller', undefined);
  fastify.decorateRequest('at', 0);
  fastify.decorateRequest('startedAt', 0);
  fastify.addHook('onRoute', (route) => routes.add(route.method, route.url));
  fastify.addHook('onRequest', (request, reply, done) => {
    identify(request, reply);
    if (settings.isDraining()) reply.raw.setHeader('connection', 'close');
    if (request.is404) return done(routes.missing(request.method, pathOf(request), reply));
    if (settings.publicPaths.has(request.routeOptions.url ?? '')) return done();
    settings.authenticate(request).then(() => done(), done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    logAccess(settings.logger, request, reply);
    done();
  });
  keepBodiesAsBytes(fastify);
}

function identify(request: FastifyRequest, reply: FastifyReply): void {
  request.at = Date.now();
  request.startedAt = performance.now();
  reply.raw.setHeader('x-request-id', request.id);
  const own = request.headers['x-client-request-id'] ?? request.headers['x-request-id'];
  if (typeof own === 'string') reply.raw.setHeader('x-client-request-id', own.slice(0, LONGEST_CLIENT_ID));
}

/** JSON stays bytes: who needs the value parses it, once (`wireBody`, `adminBody`). Other types are a 415. */
function keepBodiesAsBytes(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(/^application\/(?:[\w.-]+\+)?json\b/, { parseAs: 'buffer' }, (_, body, done) =>
    done(null, body),
  );
}

function logAccess(logger: Logger, request: FastifyRequest, reply: FastifyReply): void {
  if (!logger.isLevelEnabled('info')) return;
  logger.info({
    event: 'request',
    request_id: request.id,
    method: request.method,
    path: request.routeOptions.url ?? 'unknown',
    status: reply.raw.statusCode,
    key_id: request.caller?.keyId,
    ms: Math.round((performance.now() - request.startedAt) * 1000) / 1000,
  });
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '/';
}
