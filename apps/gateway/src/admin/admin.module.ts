import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.js';
import { KeyAdmin } from './key-admin.js';
import { KeysController } from './keys.controller.js';
import { ModelAdmin } from './model-admin.js';
import { AdminModelsController } from './models.controller.js';
import { ProviderAdmin } from './provider-admin.js';
import { ProvidersController } from './providers.controller.js';
import { RequestsController } from './requests.controller.js';
import { StatsController } from './stats.controller.js';
import { SystemController } from './system.controller.js';
import { System } from './system.js';
import { UpstreamProbe } from './upstream-probe.js';

@Module({
  controllers: [
    KeysController,
    ProvidersController,
    AdminModelsController,
    RequestsController,
    StatsController,
    AuditController,
    SystemController,
  ],
  providers: [KeyAdmin, ProviderAdmin, ModelAdmin, UpstreamProbe, System],
})
export class AdminModule {}
