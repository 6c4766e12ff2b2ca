import { Global, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { PRIMARY_LINK } from './primary-link.js';
import type { PrimaryLink } from './primary-link.js';

/** Whom a worker asks; a gateway of one process has nobody. */
@Global()
@Module({})
export class WorkersModule {
  static register(link: PrimaryLink | undefined): DynamicModule {
    return {
      module: WorkersModule,
      providers: [{ provide: PRIMARY_LINK, useFactory: () => link }],
      exports: [PRIMARY_LINK],
    };
  }
}
