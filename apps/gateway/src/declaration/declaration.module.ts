import { Module } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { Logger } from '#observability';
import type { SecretKeys } from '#persistence';
import { TeamRegistry } from '../auth/team-registry.js';
import type { Config } from '../config/config.js';
import { CONFIG, SECRETS } from '../config/config.module.js';
import type { Secrets } from '../config/generated-secrets.js';
import { SECRET_KEYS } from '../database/database.module.js';
import { LOGGER } from '../logging/logging.module.js';
import { ModelRegistry } from '../models/model-registry.js';
import { ConfigurationFile } from './configuration-file.js';

const LOOK_MS = 1_000;

/** Providers, models, prices and teams from a file, at start and whenever it changes. */
@Module({
  providers: [
    {
      provide: ConfigurationFile,
      inject: [CONFIG, ModelRegistry, TeamRegistry, SECRET_KEYS, SECRETS, LOGGER],
      useFactory: (
        config: Config,
        models: ModelRegistry,
        teams: TeamRegistry,
        { box }: SecretKeys,
        { secretKey }: Secrets,
        logger: Logger,
      ) => new ConfigurationFile({ config, models, teams, box, secretKey, logger }),
    },
  ],
  exports: [ConfigurationFile],
})
export class DeclarationModule implements OnModuleInit, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly file: ConfigurationFile) {}

  async onModuleInit(): Promise<void> {
    await this.file.begin();
    // Not `fs.watch`: what it tells differs by file system, and it loses sight of a file that is replaced.
    this.timer = setInterval(() => void this.file.look(), LOOK_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }
}
