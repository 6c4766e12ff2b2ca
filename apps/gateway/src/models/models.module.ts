import { Global, Module } from '@nestjs/common';
import { Database } from '#persistence';
import type { SecretKeys } from '#persistence';
import { SECRET_KEYS } from '../database/database.module.js';
import { ModelRegistry } from './model-registry.js';
import { ModelsController } from './models.controller.js';

@Global()
@Module({
  controllers: [ModelsController],
  providers: [
    {
      provide: ModelRegistry,
      inject: [Database, SECRET_KEYS],
      useFactory: async (database: Database, keys: SecretKeys) => {
        const registry = new ModelRegistry(database, keys);
        await registry.refresh();
        return registry;
      },
    },
  ],
  exports: [ModelRegistry],
})
export class ModelsModule {}
