import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { GatewayError } from '#contract';
import { AccessLog } from '#observability';
import type { Logger } from '#observability';
import { AppModule } from './app.module.js';
import { Authenticator } from './auth/authenticator.js';
import type { Config } from './config/config.js';
import { expectGoodFile } from './declaration/check-file.js';
import { Drain } from './health/drain.js';
import { configureHttp } from './http/configure-http.js';
import { OpenAiErrorFilter } from './http/openai-error.filter.js';
import { STALLED_MS } from './http/slow-clients.js';
import { serverOptions } from './http/server-options.js';
import { LOGGER } from './logging/logging.module.js';

const PUBLIC_PATHS = new Set(['/health', '/ready', '/openapi.json']);

/** How long calls that were told to end may take to do so. */
const LAST_WORDS_MS = 2_000;

/** A gateway that listens. */
export interface Gateway {
  readonly app: NestFastifyApplication;
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Lets the calls in flight finish, within the deadline; then records are flushed and everything is closed. */
  stop(): Promise<void>;
}

/** Builds and starts a gateway. @throws InvalidDeclaration, DirectoryInUse, WrongSecretKey */
export async function startGateway(config: Config): Promise<Gateway> {
  await expectGoodFile(config);
  const adapter = new FastifyAdapter({ ...serverOptions(config), skipMiddie: true });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.register(config), adapter, {
    logger: false,
    abortOnError: false,
    bodyParser: false,
  });
  const logger = app.get<Logger>(LOGGER);
  const authenticator = app.get(Authenticator);
  const drain = app.get(Drain);
  const fastify = adapter.getInstance();
  configureHttp(fastify, {
    accessLog: app.get(AccessLog),
    publicPaths: PUBLIC_PATHS,
    corsOrigins: config.corsOrigins,
    stalledMs: Math.min(STALLED_MS, config.requestTimeoutMs),
    recall: (request) => {
      request.caller = authenticator.recall(request.raw);
      return request.caller !== undefined;
    },
    authenticate: async (request) => {
      request.caller = await authenticator.authenticate(request.raw);
    },
    isDraining: () => drain.isDraining,
  });
  app.useGlobalFilters(new OpenAiErrorFilter(logger));
  await app.listen(config.port, config.host);
  const stop = async (): Promise<void> => {
    drain.begin();
    await fastify.inFlight.settled(config.drainMs);
    fastify.inFlight.endAll(new GatewayError('service_unavailable', { message: 'The gateway is stopping.' }));
    await fastify.inFlight.settled(LAST_WORDS_MS);
    // Who never sends its request, or never reads its answer, does not hold the process.
    const patience = setTimeout(() => fastify.server.closeAllConnections(), LAST_WORDS_MS);
    await app.close();
    clearTimeout(patience);
  };
  return { app, url: await app.getUrl(), stop };
}
