import { Global, Module } from '@nestjs/common';
import { CallMetrics, ErrorCounts } from '#observability';

/** What is counted: by the request path, and where errors are sent. `startMetrics` shows it. */
@Global()
@Module({
  providers: [
    { provide: CallMetrics, useFactory: () => new CallMetrics() },
    { provide: ErrorCounts, useFactory: () => new ErrorCounts() },
  ],
  exports: [CallMetrics, ErrorCounts],
})
export class MetricsModule {}
