import { join } from 'node:path';
import { Global, Module } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { BudgetBook, UsageSpool } from '#metering';
import type { Limiter } from '#metering';
import { CallMetrics, FaultLog } from '#observability';
import type { FaultTeller } from '#observability';
import { Database, insertUsageRecords, lockDirectoryIfFree } from '#persistence';
import { UpstreamClient } from '#upstream';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { Uploads } from '../http/body/uploads.js';
import { Tracing } from '../tracing/tracing.module.js';
import { FAULTS } from '../logging/logging.module.js';
import { ModelRegistry } from '../models/model-registry.js';
import { Router } from '../models/router.js';
import { LIMITER } from '../replicas/limiter.js';
import { PRIMARY_LINK } from '../workers/primary-link.js';
import type { PrimaryLink } from '../workers/primary-link.js';
import { Admissions } from './admissions.js';
import { Attempts } from './attempt.js';
import { DefaultImageModel } from './default-image-model.js';
import { ProviderLimits } from './provider-limits.js';
import { Refusals } from './refusals.js';
import { Relay } from './relay.js';
import { Reservations } from './reservations.js';
import { TokenCounter } from './token-counter.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The model that a form names, when it was read that far. */
    askedModel?: string;
  }
}

@Global()
@Module({
  providers: [
    {
      provide: UpstreamClient,
      inject: [CONFIG],
      useFactory: (config: Config) => new UpstreamClient(config.denyPrivateUpstreams),
    },
    {
      provide: DefaultImageModel,
      inject: [CONFIG],
      useFactory: (config: Config) => new DefaultImageModel(config.defaultImageModel),
    },
    {
      provide: Uploads,
      inject: [CONFIG, ModelRegistry],
      useFactory: (config: Config, models: ModelRegistry) =>
        new Uploads({
          folder: join(config.dataDir, 'uploads'),
          limit: config.uploadLimit,
          checkModel: (model, request) => {
            request.askedModel = model;
            if (request.caller) models.resolve(model, request.caller);
          },
        }),
    },
    {
      provide: Attempts,
      inject: [UpstreamClient],
      useFactory: (client: UpstreamClient) => new Attempts(client),
    },
    {
      provide: UsageSpool,
      inject: [CONFIG, Database, FAULTS],
      useFactory: (config: Config, database: Database, faults: FaultTeller) => {
        const log = new FaultLog(faults, 'usage_spool');
        return UsageSpool.open({
          folder: join(config.dataDir, 'spool'),
          lock: lockDirectoryIfFree,
          processId: process.pid,
          insert: async (lines) => {
            await insertUsageRecords(database, lines);
            log.recovered('usage records are written again');
          },
          report: (message, error) => log.failed(message, error),
        });
      },
    },
    {
      provide: Refusals,
      inject: [UsageSpool, Tracing],
      useFactory: (ledger: UsageSpool, { tracer }: Tracing) => new Refusals(ledger, tracer),
    },
    {
      provide: ProviderLimits,
      inject: [CONFIG, PRIMARY_LINK],
      useFactory: ({ workers }: Config, link: PrimaryLink | undefined) =>
        new ProviderLimits(link ? workers : 1),
    },
    {
      provide: Admissions,
      inject: [LIMITER],
      useFactory: (limiter: Limiter) => new Admissions(limiter),
    },
    {
      provide: Reservations,
      inject: [BudgetBook],
      useFactory: (book: BudgetBook) => new Reservations(book),
    },
    {
      provide: Relay,
      inject: [
        ModelRegistry,
        Admissions,
        Reservations,
        Router,
        Attempts,
        ProviderLimits,
        UsageSpool,
        CallMetrics,
        Tracing,
        CONFIG,
      ],
      useFactory: (
        models: ModelRegistry,
        admissions: Admissions,
        reservations: Reservations,
        router: Router,
        attempts: Attempts,
        limits: ProviderLimits,
        ledger: UsageSpool,
        observer: CallMetrics,
        { tracer }: Tracing,
        { streamHoldMs: holdMs }: Config,
      ) =>
        new Relay({
          models,
          admissions,
          reservations,
          router,
          attempts,
          limits,
          ledger,
          observer,
          tracer,
          holdMs,
        }),
    },
    {
      provide: TokenCounter,
      inject: [ModelRegistry, Admissions, Relay],
      useFactory: (models: ModelRegistry, admissions: Admissions, relay: Relay) =>
        new TokenCounter(models, admissions, relay),
    },
  ],
  exports: [DefaultImageModel, Refusals, Relay, TokenCounter, Uploads, UpstreamClient, UsageSpool],
})
export class RelayModule implements BeforeApplicationShutdown {
  constructor(
    private readonly client: UpstreamClient,
    private readonly ledger: UsageSpool,
    private readonly book: BudgetBook,
  ) {}

  /** Runs when no call is in flight any more, and before the database is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.client.close();
    await this.ledger.close();
    await this.book.close();
  }
}
