import { Global, Inject, Module } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { RedisLimiter } from '#coordination';
import { BudgetBook } from '#metering';
import type { Limiter } from '#metering';
import type { FaultTeller } from '#observability';
import { Database } from '#persistence';
import type { SecretKeys } from '#persistence';
import { TargetStates } from '#routing';
import { KeyCache } from '../auth/key-cache.js';
import { TeamRegistry } from '../auth/team-registry.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { SECRET_KEYS } from '../database/database.module.js';
import { FAULTS, LOGGER } from '../logging/logging.module.js';
import { ModelRegistry } from '../models/model-registry.js';
import { PRIMARY_LINK } from '../workers/primary-link.js';
import type { PrimaryLink } from '../workers/primary-link.js';
import { shareLackNews } from './lack-news.js';
import { LIMITER, makeLimiter } from './limiter.js';
import { Replicas } from './replicas.js';
import { shareTargetNews } from './target-news.js';

/** Keeps what is in memory true when another gateway on the same database changes it. */
@Global()
@Module({
  providers: [
    {
      provide: Replicas,
      inject: [Database, CONFIG, FAULTS, PRIMARY_LINK],
      useFactory: (
        database: Database,
        { databaseUrl, redisUrl }: Config,
        faults: FaultTeller,
        link: PrimaryLink | undefined,
      ) => new Replicas({ database, databaseUrl, redisUrl, faults, gatewayId: link?.gatewayId }),
    },
    { provide: LIMITER, inject: [Replicas, CONFIG, FAULTS, LOGGER, PRIMARY_LINK], useFactory: makeLimiter },
  ],
  exports: [LIMITER, Replicas],
})
export class ReplicasModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly replicas: Replicas,
    @Inject(LIMITER) private readonly limiter: Limiter,
    keys: KeyCache,
    teams: TeamRegistry,
    models: ModelRegistry,
    targets: TargetStates,
    book: BudgetBook,
    @Inject(SECRET_KEYS) secretKeys: SecretKeys,
  ) {
    shareTargetNews(replicas, targets, () => performance.now());
    shareLackNews(replicas, book);
    const learn = async (): Promise<void> => void (await secretKeys.learn());
    replicas.follow({ kinds: ['wrapped_key'], apply: learn, reload: learn });
    replicas.follow({
      kinds: ['key'],
      apply: (ids) => keys.reread(ids),
      reload: () => keys.load(),
    });
    replicas.follow({
      kinds: ['team'],
      apply: () => teams.refresh(),
      reload: () => teams.refresh(),
    });
    replicas.follow({
      kinds: ['model', 'provider', 'price'],
      apply: () => models.refresh(),
      reload: () => models.refresh(),
    });
  }

  onApplicationBootstrap(): void {
    this.replicas.start();
  }

  /** Before the database is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.limiter instanceof RedisLimiter) this.limiter.close();
    await this.replicas.close();
  }
}
