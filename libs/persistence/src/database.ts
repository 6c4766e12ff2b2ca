import { Breaker } from './breaker.js';
import type { BreakerState } from './breaker.js';
import { asGatewayError, isOutage } from './database-errors.js';
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
  /** How long to wait for a Postgres that is not there yet, in milliseconds. */
  readonly waitMs?: number;
  /** Called once, when it has to be waited for. */
  readonly onWait?: (error: Error) => void;
  /** What other processes are told of a change, by `pg_notify` in its transaction. */
  readonly announce?: (note: AuditNote) => { readonly channel: string; readonly text: string };
  /** Called when the database is given up (`open`), and when it is back (`closed`). */
  readonly onState?: (state: BreakerState) => void;
  /** Called when the embedded database's thread ended by itself; it is opened anew. */
  readonly onEngineEnd?: (error: Error) => void;
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

/** Longer than any statement may take: the server, or the driver, gives it up before. */
const PATIENCE_MS = 12_000;

/** The embedded database has one connection: a transaction that waits behind a long statement is not given up. */
const TURN_MS = 10_000;

/** The open database. The same schema, migrations and queries whether embedded or Postgres. */
export class Database {
  private readonly breaker: Breaker;
  private onWritten: ((note: AuditNote) => void) | undefined;

  private constructor(
    readonly prisma: PrismaClient,
    private readonly driver: Driver,
    private readonly options: DatabaseOptions,
  ) {
    const { onState: onChange } = options;
    this.breaker = new Breaker({ probe: () => driver.probe(), isOutage, onChange });
  }

  get kind(): Driver['kind'] {
    return this.driver.kind;
  }

  /** `closed`: it answers, for all that is known. */
  get state(): BreakerState {
    return this.breaker.state;
  }

  /** When the state last went from good to bad or back, in milliseconds since 1970. */
  get stateSince(): number | undefined {
    return this.breaker.since;
  }

  /** Opens, and brings the schema up to date. @throws DirectoryInUse, DatabaseUnreachable */
  static async open(options: DatabaseOptions): Promise<Database> {
    const driver =
      options.url === undefined
        ? await openEmbedded(options.dataDir, { onEnd: options.onEngineEnd })
        : await openPostgres(options.url, { waitMs: options.waitMs ?? 0, onWait: options.onWait });
    try {
      await driver.migrate((session) => migrate(session, options.schemaFolder));
      const prisma = new PrismaClient({
        adapter: driver.factory,
        errorFormat: 'minimal',
        transactionOptions: driver.kind === 'embedded' ? { maxWait: TURN_MS } : {},
      });
      return new Database(prisma, driver, options);
    } catch (error) {
      await driver.close();
      throw error;
    }
  }

  /** A read, or a write that needs no audit. @throws GatewayError, after `withinMs` at the latest */
  read<T>(query: (queries: Queries) => Promise<T>, withinMs?: number): Promise<T> {
    return this.ask(() => query(this.prisma), withinMs);
  }

  /** One hot statement. @returns how many rows it changed @throws GatewayError */
  run(sql: string, parameters: readonly unknown[]): Promise<number> {
    return this.ask(() => this.driver.run(sql, parameters));
  }

  /** One hot statement, for its rows, where bigints are cast. @throws GatewayError */
  query<Row>(sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    return this.ask(() => this.driver.query<Row>(sql, parameters));
  }

  /** All of it or nothing, within five seconds if nothing else is said. @throws GatewayError */
  transaction<T>(change: (queries: Queries) => Promise<T>, withinMs?: number): Promise<T> {
    const settings = withinMs === undefined ? undefined : { timeout: withinMs };
    return this.ask(() => this.prisma.$transaction(change, settings), withinMs);
  }

  /** A change and its audit entry, both or neither; other processes hear of it. @throws GatewayError */
  async write<T>(note: AuditNote, change: (queries: Queries) => Promise<T>): Promise<T> {
    const news = this.kind === 'postgres' ? this.options.announce?.(note) : undefined;
    const result = await this.transaction(async (queries) => {
      const changed = await change(queries);
      await queries.auditEntry.create({ data: { ...note, changes: note.changes as Prisma.InputJsonObject } });
      if (news) await queries.$executeRaw`SELECT pg_notify(${news.channel}, ${news.text})`;
      return changed;
    });
    this.onWritten?.(note);
    return result;
  }

  /** Calls `listener` after each `write`. */
  afterWrite(listener: (note: AuditNote) => void): void {
    this.onWritten = listener;
  }

  /** Have all migrations gone through? @throws GatewayError, after `withinMs` at the latest */
  async isMigrated(withinMs?: number): Promise<boolean> {
    const [row] = await this.read(
      (queries) => queries.$queryRaw<{ unfinished: number }[]>`
        SELECT count(*)::int AS unfinished FROM _prisma_migrations
        WHERE finished_at IS NULL AND rolled_back_at IS NULL`,
      withinMs,
    );
    return row?.unfinished === 0;
  }

  async close(): Promise<void> {
    this.breaker.close();
    await this.prisma.$disconnect();
    await this.driver.close();
  }

  private async ask<T>(work: () => Promise<T>, withinMs = PATIENCE_MS): Promise<T> {
    try {
      return await this.breaker.run(work, withinMs);
    } catch (error) {
      throw asGatewayError(error);
    }
  }
}
