import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';

/** A way to the database, before there is a client. */
export interface Driver {
  readonly kind: 'embedded' | 'postgres';
  readonly factory: SqlMigrationAwareDriverAdapterFactory;
  /** Lends a way in for migrations, whose sessions, and with them the locks they took, end with it. */
  migrate<T>(run: (factory: SqlMigrationAwareDriverAdapterFactory) => Promise<T>): Promise<T>;
  /**
   * One statement past the client, whose JSON protocol would print and parse a large parameter three times over.
   * A `Buffer` is the text of a JSON parameter.
   */
  run(sql: string, parameters: readonly unknown[]): Promise<number>;
  /** Does it answer? Rejects when it does not, or hangs. */
  probe(): Promise<unknown>;
  close(): Promise<void>;
}
