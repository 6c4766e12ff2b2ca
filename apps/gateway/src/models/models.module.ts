import { Global, Module } from '@nestjs/common';
import { Database } from '#persistence';
import type { SecretKeys } from '#persistence';
import { Planner, TargetStates } from '#routing';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { SECRET_KEYS } from '../database/database.module.js';
import { ModelRegistry } from './model-registry.js';
import { ModelsController } from './models.controller.js';
import { environmentOffers } from './offer.js';
import { Router } from './router.js';

@Global()
@Module({
  controllers: [ModelsController],
  providers: [
    {
      provide: ModelRegistry,
      inject: [Database, SECRET_KEYS, CONFIG],
      useFactory: async (database: Database, keys: SecretKeys, config: Config) => {
        const registry = new ModelRegistry(database, keys, environmentOffers(config));
        await registry.refresh();
        return registry;
      },
    },
    {
      provide: TargetStates,
      useFactory: () => new TargetStates(),
    },
    {
      provide: Router,
      inject: [ModelRegistry, TargetStates],
      useFactory: (models: ModelRegistry, states: TargetStates) =>
        new Router(models, new Planner(states, Math.random), {
          clock: () => performance.now(),
          dice: Math.random,
        }),
    },
  ],
  exports: [ModelRegistry, Router, TargetStates],
})
export class ModelsModule {}
