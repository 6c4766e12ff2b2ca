import { Global, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DatabaseIndicator } from './database.indicator.js';
import { Drain } from './drain.js';
import { HealthController } from './health.controller.js';
import { ProcessIndicator } from './process.indicator.js';

@Global()
@Module({
  imports: [TerminusModule.forRoot({ logger: false, gracefulShutdownTimeoutMs: 0 })],
  controllers: [HealthController],
  providers: [Drain, DatabaseIndicator, ProcessIndicator],
  exports: [Drain],
})
export class HealthModule {}
