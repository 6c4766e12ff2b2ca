import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Database } from '#persistence';
import type { SecretKeys } from '#persistence';
import { SECRETS } from '../config/config.module.js';
import type { Secrets } from '../config/generated-secrets.js';
import { SECRET_KEYS } from '../database/database.module.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { Authenticator } from './authenticator.js';
import { KeyCache } from './key-cache.js';

@Global()
@Module({
  providers: [
    {
      provide: KeyCache,
      inject: [Database, SECRET_KEYS, SECRETS],
      useFactory: async (database: Database, keys: SecretKeys, secrets: Secrets) => {
        const cache = new KeyCache(database, keys, secrets.masterKey);
        await cache.load();
        return cache;
      },
    },
    { provide: Authenticator, inject: [KeyCache], useFactory: (keys: KeyCache) => new Authenticator(keys) },
    { provide: APP_GUARD, useClass: ApiKeyGuard },
  ],
  exports: [KeyCache, Authenticator],
})
export class AuthModule {}
