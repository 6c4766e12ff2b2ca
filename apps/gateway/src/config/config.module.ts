import { Global, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import type { Config } from './config.js';
import { resolveSecrets } from './generated-secrets.js';

/** Injects the `Config`. */
export const CONFIG = Symbol('config');
/** Injects the `Secrets`. */
export const SECRETS = Symbol('secrets');

/** The configuration for everybody, typed: `@Inject(CONFIG) config: Config`. */
@Global()
@Module({})
export class TypedConfigModule {
  static register(config: Config): DynamicModule {
    return {
      module: TypedConfigModule,
      imports: [ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => ({ pllm: config })] })],
      providers: [
        {
          provide: CONFIG,
          inject: [ConfigService],
          useFactory: (service: ConfigService) => service.getOrThrow<Config>('pllm'),
        },
        { provide: SECRETS, inject: [CONFIG], useFactory: resolveSecrets },
      ],
      exports: [CONFIG, SECRETS],
    };
  }
}
