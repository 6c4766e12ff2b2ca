import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';

/** Sessions that nobody else has, for migrations. */
export interface MigrationSession {
  readonly factory: SqlMigrationAwareDriverAdapterFactory;
  /** Several statements as one message, which Postgres takes as one transaction: all of them or none. */
  runScript(sql: string): Promise<unknown>;
}

/** A way to the database, before there is a client. */
export interface Driver {
  readonly kind: 'embedded' | 'postgres';
  readonly factory: SqlMigrationAwareDriverAdapterFactory;
  /**
   * Lends a way in for migrations, whose sessions, and with them the locks they took, end with it.
   *
   * @throws DatabaseUnreachable when the server stops answering meanwhile, or another process is in the way
   */
  migrate<T>(run: (session: MigrationSession) => Promise<T>): Promise<T>;
  /**
   * One statement past the client, whose JSON protocol would print and parse a large parameter three times over.
   * A `Buffer` is the text of a JSON parameter.
   */
  run(sql: string, parameters: readonly unknown[]): Promise<number>;
  /** The same, for its rows. A bigint is a text in one driver and a number in the other: cast it. */
  query<Row>(sql: string, parameters: readonly unknown[]): Promise<Row[]>;
  /** Does it answer? Rejects when it does not, or hangs. */
  probe(): Promise<unknown>;
  close(): Promise<void>;
}
