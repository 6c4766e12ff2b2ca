import { Global, Inject, Module } from '@nestjs/common';
import type { DynamicModule, OnApplicationShutdown } from '@nestjs/common';
import { AccessLog, createLogging } from '#observability';
import type { FaultTeller, Logger, Logging } from '#observability';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';

/** Injects the `Logger`. */
export const LOGGER = Symbol('logger');

/** Injects the `FaultTeller`: workers share what they tell of, for all of them find that a store is away. */
export const FAULTS = Symbol('faults');

const LOGGING = Symbol('logging');

@Global()
@Module({})
export class LoggingModule implements OnApplicationShutdown {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly accessLog: AccessLog,
  ) {}

  /** @param share where faults are told of, by whom they would be told of alone */
  static register(share: (alone: FaultTeller) => FaultTeller): DynamicModule {
    return {
      module: LoggingModule,
      providers: [
        {
          provide: LOGGING,
          inject: [CONFIG],
          useFactory: (config: Config) => createLogging(config.logLevel),
        },
        { provide: LOGGER, inject: [LOGGING], useFactory: (logging: Logging) => logging.logger },
        { provide: FAULTS, inject: [LOGGER], useFactory: share },
        { provide: AccessLog, inject: [LOGGING], useFactory: (logging: Logging) => logging.accessLog },
      ],
      exports: [LOGGER, FAULTS, AccessLog],
    };
  }

  /** Runs when every connection is closed, and with it its line written. */
  onApplicationShutdown(): void {
    this.accessLog.flush();
    this.logger.flush();
  }
}
