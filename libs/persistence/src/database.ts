import { asGatewayError } from './database-errors.js';
import type { Driver } from './driver.js';
import { openEmbedded } from './embedded-database.js';
import { PrismaClient } from './generated/client.js';
import type { Prisma } from './generated/client.js';
import { migrate } from './migrate.js';
import { openPostgres } from './postgres-database.js';

export interface DatabaseOptions {
  /** Postgres; undefined: the embedded database in `dataDir`. */
  readonly url: string | undefined;
  readonly dataDir: string;
  /** The `prisma` folder: schema and migrations. */
  readonly schemaFolder: string;
}

/** Inside a transaction, or outside of one. */
export type Queries = Prisma.TransactionClient;

/** Who changes what: written in the transaction of the change. */
export interface AuditNote {
  readonly actor: string;
  readonly requestId: string;
  readonly action: string;
  readonly objectType: string;
  readonly objectId: string;
  /** What was asked for, without secrets. */
  readonly changes: Record<string, unknown>;
}

/** The open database. The same schema, migrations and queries whether embedded or Postgres. */
export class Database {
  private constructor(
    readonly prisma: PrismaClient,
    private readonly driver: Driver,
  ) {}

  get kind(): Driver['kind'] {
    return this.driver.kind;
  }

  /** Opens, and brings the schema up to date. @throws DirectoryInUse, DatabaseUnreachable */
  static async open(options: DatabaseOptions): Promise<Database> {
    const driver =
      options.url === undefined ? await openEmbedded(options.dataDir) : await openPostgres(options.url);
    try {
      await driver.migrate((factory) => migrate(factory, options.schemaFolder));
      const prisma = new PrismaClient({ adapter: driver.factory, errorFormat: 'minimal' });
      return new Database(prisma, driver);
    } catch (error) {
      await driver.close();
      throw error;
    }
  }

  /** A read, or a write that needs no audit. @throws GatewayError */
  async read<T>(query: (queries: Queries) => Promise<T>): Promise<T> {
    try {
      return await query(this.prisma);
    } catch (error) {
      throw asGatewayError(error);
    }
  }

  /** One hot statement. @returns how many rows it changed @throws GatewayError */
  async run(sql: string, parameters: readonly unknown[]): Promise<number> {
    try {
      return await this.driver.run(sql, parameters);
    } catch (error) {
      throw asGatewayError(error);
    }
  }

  /** All of it or nothing. @throws GatewayError */
  async transaction<T>(change: (queries: Queries) => Promise<T>): Promise<T> {
    try {
      return await this.prisma.$transaction(change);
    } catch (error) {
      throw asGatewayError(error);
    }
  }

  /** A change and its audit entry, both or neither. @throws GatewayError */
  write<T>(note: AuditNote, change: (queries: Queries) => Promise<T>): Promise<T> {
    return this.transaction(async (queries) => {
      const result = await change(queries);
      await queries.auditEntry.create({ data: { ...note, changes: note.changes as Prisma.InputJsonObject } });
      return result;
    });
  }

  /** Does it answer, and has every migration gone through? */
  async isMigrated(): Promise<boolean> {
    const [row] = await this.prisma.$queryRaw<{ unfinished: number }[]>`
      SELECT count(*)::int AS unfinished FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL`;
    return row?.unfinished === 0;
  }

  async close(): Promise<void> {
    await this.prisma.$disconnect();
    await this.driver.close();
  }
}
