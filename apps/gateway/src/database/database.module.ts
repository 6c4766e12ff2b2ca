import { Global, Inject, Module } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { CHANGE_CHANNEL, encodeChange } from '#coordination';
import { FaultLog } from '#observability';
import type { FaultTeller, Logger } from '#observability';
import {
  Database,
  dropUsagePartitions,
  ensureUsagePartitions,
  openSecretKeys,
  pruneAccounts,
  sweepResponses,
} from '#persistence';
import type { BreakerState } from '#persistence';
import type { Config } from '../config/config.js';
import { CONFIG, SECRETS } from '../config/config.module.js';
import type { Secrets } from '../config/generated-secrets.js';
import { forgetPreviousSecretKey } from '../config/replace-secret-key.js';
import { FAULTS, LOGGER } from '../logging/logging.module.js';
import { openDatabase } from './open-database.js';

/** Injects the `SecretKeys`. */
export const SECRET_KEYS = Symbol('secret-keys');

const DAY_MS = 24 * 60 * 60 * 1000;
const MONTHS_AHEAD = 3;

/** The one database of the process, its schema up to date, and the keys that it keeps. */
@Global()
@Module({
  providers: [
    {
      provide: Database,
      inject: [CONFIG, LOGGER, FAULTS],
      useFactory: (config: Config, logger: Logger, faults: FaultTeller) =>
        openDatabase(config, {
          onWait: ({ message }) => {
            const seconds = config.databaseWaitMs / 1000;
            logger.warn({ event: 'database_wait' }, `${message} Trying again for ${seconds} s.`);
          },
          announce: ({ objectType, objectId }) => ({
            channel: CHANGE_CHANNEL,
            text: encodeChange({ kind: objectType, id: objectId }),
          }),
          onState: watchState(faults),
          onEngineEnd: (err) =>
            logger.error({ event: 'database_engine', err }, 'the embedded database ended and is opened anew'),
        }),
    },
    {
      provide: SECRET_KEYS,
      inject: [Database, SECRETS, CONFIG],
      useFactory: async (database: Database, secrets: Secrets, config: Config) => {
        const keys = await openSecretKeys(database, secrets);
        if (!config.secretKey) forgetPreviousSecretKey(config.dataDir);
        return keys;
      },
    },
  ],
  exports: [Database, SECRET_KEYS],
})
export class DatabaseModule implements OnModuleInit, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.ensurePartitions();
    void this.sweep();
    this.timer = setInterval(() => {
      void this.ensurePartitions();
      void this.sweep();
    }, DAY_MS);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.database.close();
  }

  /** What is expired is found by nobody, whether it is gone or not. */
  private async sweep(): Promise<void> {
    try {
      await sweepResponses(this.database, new Date());
    } catch (error) {
      this.logger.error({ event: 'response_sweep', err: error }, 'expired responses cannot be let go of');
    }
    try {
      await pruneAccounts(this.database);
    } catch (error) {
      this.logger.error({ event: 'budget_prune', err: error }, 'accounts of old budgets cannot be let go of');
    }
  }

  /** A month without a partition is no reason to stop: its records go to the one for all others. */
  private async ensurePartitions(): Promise<void> {
    try {
      await this.database.transaction((queries) => ensureUsagePartitions(queries, new Date(), MONTHS_AHEAD));
      const { usageRetentionMs } = this.config;
      if (usageRetentionMs === undefined) return;
      const before = new Date(Date.now() - usageRetentionMs);
      const gone = await this.database.transaction((queries) => dropUsagePartitions(queries, before));
      if (gone.length > 0) this.logger.info({ event: 'usage_retention', partitions: gone });
    } catch (error) {
      this.logger.error({ event: 'usage_partitions', err: error }, 'partitions cannot be made or dropped');
    }
  }
}

/** A database that comes and goes is told of as any fault. */
function watchState(faults: FaultTeller): (state: BreakerState) => void {
  const log = new FaultLog(faults, 'database');
  return (state) => {
    if (state === 'closed') log.recovered('the database answers again');
    else
      log.failed('the database does not answer: known keys are served, records wait in the spool', undefined);
  };
}
