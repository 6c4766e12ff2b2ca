import { setTimeout as sleep } from 'node:timers/promises';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { GatewayError } from '#contract';
import { AccessLog, ErrorCounts, readFigures } from '#observability';
import type { Logger, MetricsServer } from '#observability';
import { AppModule } from './app.module.js';
import { Authenticator } from './auth/authenticator.js';
import { refusalAtEntry } from './auth/refusal-at-entry.js';
import type { Config } from './config/config.js';
import { expectGoodFile } from './declaration/check-file.js';
import { Drain } from './health/drain.js';
import { configureHttp } from './http/configure-http.js';
import type { HttpSettings } from './http/configure-http.js';
import { directHandler } from './http/direct-handler.js';
import { LeanAdapter } from './http/lean-adapter.js';
import { OpenAiErrorFilter } from './http/openai-error.filter.js';
import { STALLED_MS } from './http/slow-clients.js';
import { serverOptions } from './http/server-options.js';
import { gatherMetrics } from './metrics/gather-metrics.js';
import { listenForMetrics } from './metrics/listen-for-metrics.js';
import { LOGGER } from './logging/logging.module.js';
import { Refusals } from './relay/refusals.js';
import type { PrimaryLink } from './workers/primary-link.js';

const PUBLIC_PATHS = new Set(['/health', '/ready', '/openapi.json']);

/** How many connections may wait to be accepted: thousands that come at once are not reset. The kernel has a bound of its own. */
const BACKLOG = 4_096;

/** How long calls that were told to end may take to do so. */
const LAST_WORDS_MS = 2_000;

/** A gateway that listens. */
export interface Gateway {
  readonly app: NestFastifyApplication;
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Where Prometheus asks: `http://127.0.0.1:9464/metrics`; undefined: nowhere. */
  readonly metricsUrl: string | undefined;
  /**
   * Says so at `/ready`, goes on for the delay, takes no more calls, and lets those in flight finish within the
   * deadline; then records are flushed and everything is closed.
   */
  stop(): Promise<void>;
}

/**
 * Builds and starts a gateway.
 *
 * @param link to the primary whose worker this process is
 * @throws InvalidDeclaration, DirectoryInUse, WrongSecretKey, InvalidEnvironment
 */
export async function startGateway(config: Config, link?: PrimaryLink): Promise<Gateway> {
  await expectGoodFile(config);
  const adapter = new LeanAdapter(serverOptions(config));
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.register(config, link), adapter, {
    logger: false,
    abortOnError: false,
    bodyParser: false,
  });
  const logger = app.get<Logger>(LOGGER);
  const drain = app.get(Drain);
  const refusals = app.get(Refusals);
  const filter = new OpenAiErrorFilter(logger, (request, error) => refusals.record(request, error));
  const find = (Controller: Type<object>): object => app.get(Controller, { strict: false });
  const fastify = adapter.getInstance();
  configureHttp(fastify, {
    accessLog: app.get(AccessLog),
    errorCounts: app.get(ErrorCounts),
    publicPaths: PUBLIC_PATHS,
    directHandler: (handler) => directHandler(handler, find, (...failed) => filter.answer(...failed)),
    corsOrigins: config.corsOrigins,
    mostInFlight: config.mostInFlight,
    stalledMs: Math.min(STALLED_MS, config.requestTimeoutMs),
    ...entrance(app.get(Authenticator), drain),
    isDraining: () => drain.isDraining,
  });
  app.useGlobalFilters(filter);
  const metrics = await showMetrics(config, app, link);
  await app.listen({ port: config.port, host: config.host, backlog: BACKLOG });
  const stop = async (): Promise<void> => {
    drain.begin();
    // A balancer that has not asked yet sends its calls here: they are served until it had the time to.
    await sleep(config.drainDelayMs);
    drain.refuseCalls();
    await fastify.inFlight.settled(config.drainMs);
    fastify.inFlight.endAll(isStopping());
    await fastify.inFlight.settled(LAST_WORDS_MS);
    // Who never sends its request, or never reads its answer, does not hold the process.
    const patience = setTimeout(() => fastify.server.closeAllConnections(), LAST_WORDS_MS);
    await app.close();
    await metrics?.close();
    clearTimeout(patience);
  };
  return { app, url: await app.getUrl(), metricsUrl: metrics?.url, stop };
}

/** On a port of its own, or to the primary, which has the port and the sums over all workers. */
async function showMetrics(
  config: Config,
  app: NestFastifyApplication,
  link: PrimaryLink | undefined,
): Promise<MetricsServer | undefined> {
  if (config.metricsPort === undefined) return undefined;
  const registry = gatherMetrics(app, app.getHttpAdapter().getInstance().loadGuard);
  if (!link) return listenForMetrics(config, registry, app.get<Logger>(LOGGER));
  link.onMetrics(() => readFigures(registry));
  return undefined;
}

/** Who comes in: a caller that is known, from where it may come, while calls are taken. */
function entrance(
  authenticator: Authenticator,
  drain: Drain,
): Pick<HttpSettings, 'recall' | 'authenticate' | 'authenticateAgain'> {
  const authenticate = async (request: FastifyRequest): Promise<void> => {
    request.caller = await authenticator.authenticate(request.raw);
    const refusal = refusalAtEntry(request.caller, request);
    if (refusal) throw refusal;
  };
  return {
    recall: (request) => {
      if (drain.refusesCalls) return false;
      const caller = authenticator.recall(request.raw);
      // Who is not let in is told so by `authenticate`.
      if (caller === undefined || refusalAtEntry(caller, request)) return false;
      request.caller = caller;
      return true;
    },
    authenticate: async (request) => {
      if (drain.refusesCalls) throw isStopping();
      await authenticate(request);
    },
    authenticateAgain: authenticate,
  };
}

function isStopping(): GatewayError {
  return new GatewayError('service_unavailable', { message: 'The gateway is stopping.', retryAfter: 1 });
}
