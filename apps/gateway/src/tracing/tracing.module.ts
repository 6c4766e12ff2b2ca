import { hostname } from 'node:os';
import { Global, Module } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { SpanExporter, Tracer } from '#observability';
import type { Logger } from '#observability';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { LOGGER } from '../logging/logging.module.js';

/** Follows calls, if the operator wants that. */
export class Tracing {
  readonly tracer: Tracer | undefined;
  private readonly exporter: SpanExporter | undefined;

  constructor({ traces }: Config, logger: Logger) {
    if (!traces) return;
    const { endpoint, headers, serviceName } = traces;
    this.exporter = new SpanExporter({
      endpoint,
      headers,
      resource: { 'service.name': serviceName, 'host.name': hostname(), 'process.pid': process.pid },
      report: (message, error) => logger.warn({ event: 'tracing', err: error }, message),
    });
    this.tracer = new Tracer(this.exporter);
  }

  async close(): Promise<void> {
    await this.exporter?.close();
  }
}

@Global()
@Module({
  providers: [
    {
      provide: Tracing,
      inject: [CONFIG, LOGGER],
      useFactory: (config: Config, logger: Logger) => new Tracing(config, logger),
    },
  ],
  exports: [Tracing],
})
export class TracingModule implements OnApplicationShutdown {
  constructor(private readonly tracing: Tracing) {}

  /** Runs when no call is in flight any more. */
  async onApplicationShutdown(): Promise<void> {
    await this.tracing.close();
  }
}
