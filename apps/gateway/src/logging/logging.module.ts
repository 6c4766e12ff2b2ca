import { Global, Inject, Module } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { createLogger } from '#observability';
import type { Logger } from '#observability';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';

/** Injects the `Logger`. */
export const LOGGER = Symbol('logger');

@Global()
@Module({
  providers: [
    { provide: LOGGER, inject: [CONFIG], useFactory: (config: Config) => createLogger(config.logLevel) },
  ],
  exports: [LOGGER],
})
export class LoggingModule implements BeforeApplicationShutdown {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  beforeApplicationShutdown(): void {
    this.logger.flush();
  }
}
