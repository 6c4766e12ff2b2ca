import { Global, Inject, Module } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { AccessLog, createLogging } from '#observability';
import type { Logger, Logging } from '#observability';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';

/** Injects the `Logger`. */
export const LOGGER = Symbol('logger');

const LOGGING = Symbol('logging');

@Global()
@Module({
  providers: [
    { provide: LOGGING, inject: [CONFIG], useFactory: (config: Config) => createLogging(config.logLevel) },
    { provide: LOGGER, inject: [LOGGING], useFactory: (logging: Logging) => logging.logger },
    { provide: AccessLog, inject: [LOGGING], useFactory: (logging: Logging) => logging.accessLog },
  ],
  exports: [LOGGER, AccessLog],
})
export class LoggingModule implements OnApplicationShutdown {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly accessLog: AccessLog,
  ) {}

  /** Runs when every connection is closed, and with it its line written. */
  onApplicationShutdown(): void {
    this.accessLog.flush();
    this.logger.flush();
  }
}
