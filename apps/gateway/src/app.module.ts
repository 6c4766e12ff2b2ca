import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { AdminModule } from './admin/admin.module.js';
import { AuthModule } from './auth/auth.module.js';
import { AlertsModule } from './alerts/alerts.module.js';
import { AudioModule } from './audio/audio.module.js';
import { BudgetsModule } from './budgets/budgets.module.js';
import { CompletionsModule } from './completions/completions.module.js';
import type { Config } from './config/config.js';
import { TypedConfigModule } from './config/config.module.js';
import { DatabaseModule } from './database/database.module.js';
import { DeclarationModule } from './declaration/declaration.module.js';
import { EmbeddingsModule } from './embeddings/embeddings.module.js';
import { HealthModule } from './health/health.module.js';
import { ImagesModule } from './images/images.module.js';
import { LoggingModule } from './logging/logging.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { ModelsModule } from './models/models.module.js';
import { MessagesModule } from './messages/messages.module.js';
import { ModerationsModule } from './moderations/moderations.module.js';
import { OpenApiModule } from './openapi/openapi.module.js';
import { RelayModule } from './relay/relay.module.js';
import { ReplicasModule } from './replicas/replicas.module.js';
import { RerankModule } from './rerank/rerank.module.js';
import { ResponsesModule } from './responses/responses.module.js';
import { StoredResponsesModule } from './stored-responses/stored-responses.module.js';
import { SystemModule } from './system/system.module.js';
import { TracingModule } from './tracing/tracing.module.js';
import type { PrimaryLink } from './workers/primary-link.js';
import { WorkersModule } from './workers/workers.module.js';

/** The table of contents. */
@Module({})
export class AppModule {
  static register(config: Config, link?: PrimaryLink): DynamicModule {
    return {
      module: AppModule,
      imports: [
        TypedConfigModule.register(config),
        WorkersModule.register(link),
        LoggingModule.register((alone) => link?.tellerOr(alone) ?? alone),
        MetricsModule,
        TracingModule,
        DatabaseModule,
        AuthModule,
        ModelsModule,
        ReplicasModule,
        BudgetsModule,
        RelayModule,
        StoredResponsesModule,
        CompletionsModule,
        EmbeddingsModule,
        ImagesModule,
        AudioModule,
        MessagesModule,
        ModerationsModule,
        RerankModule,
        ResponsesModule,
        AdminModule,
        AlertsModule,
        DeclarationModule,
        SystemModule,
        HealthModule,
        OpenApiModule,
      ],
    };
  }
}
