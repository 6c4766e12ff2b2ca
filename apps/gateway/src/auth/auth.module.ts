import { Global, Module } from '@nestjs/common';
import { Database } from '#persistence';
import type { SecretKeys } from '#persistence';
import { SECRETS } from '../config/config.module.js';
import type { Secrets } from '../config/generated-secrets.js';
import { SECRET_KEYS } from '../database/database.module.js';
import { Authenticator } from './authenticator.js';
import { KeyCache } from './key-cache.js';
import { TeamRegistry } from './team-registry.js';

@Global()
@Module({
  providers: [
    {
      provide: TeamRegistry,
      inject: [Database],
      useFactory: async (database: Database) => {
        const registry = new TeamRegistry(database);
        await registry.refresh();
        return registry;
      },
    },
    {
      provide: KeyCache,
      inject: [Database, SECRET_KEYS, SECRETS, TeamRegistry],
      useFactory: async (database: Database, keys: SecretKeys, secrets: Secrets, teams: TeamRegistry) => {
        const cache = new KeyCache(database, keys, secrets.masterKey, teams);
        await cache.load();
        return cache;
      },
    },
    { provide: Authenticator, inject: [KeyCache], useFactory: (keys: KeyCache) => new Authenticator(keys) },
  ],
  exports: [KeyCache, Authenticator, TeamRegistry],
})
export class AuthModule {}
