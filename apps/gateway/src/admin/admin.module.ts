import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.js';
import { BudgetsController } from './budgets.controller.js';
import { ExplainController } from './explain.controller.js';
import { KeyAdmin } from './key-admin.js';
import { KeysController } from './keys.controller.js';
import { ModelAdmin } from './model-admin.js';
import { AdminModelsController } from './models.controller.js';
import { PriceAdmin } from './price-admin.js';
import { PricesController } from './prices.controller.js';
import { ProviderAdmin } from './provider-admin.js';
import { ProvidersController } from './providers.controller.js';
import { RequestsController } from './requests.controller.js';
import { StatsController } from './stats.controller.js';
import { TeamAdmin } from './team-admin.js';
import { TeamsController } from './teams.controller.js';
import { UsageController } from './usage.controller.js';
import { UpstreamProbe } from './upstream-probe.js';

@Module({
  controllers: [
    KeysController,
    TeamsController,
    ProvidersController,
    AdminModelsController,
    ExplainController,
    RequestsController,
    StatsController,
    PricesController,
    UsageController,
    BudgetsController,
    AuditController,
  ],
  providers: [KeyAdmin, TeamAdmin, ProviderAdmin, ModelAdmin, PriceAdmin, UpstreamProbe],
})
export class AdminModule {}
