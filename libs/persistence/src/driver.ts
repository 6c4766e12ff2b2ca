import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';

/** A way to the database, before there is a client. */
export interface Driver {
  readonly kind: 'embedded' | 'postgres';
  readonly factory: SqlMigrationAwareDriverAdapterFactory;
  close(): Promise<void>;
}
