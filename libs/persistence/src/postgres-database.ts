import { setTimeout as sleep } from 'node:timers/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { DatabaseUnreachable } from './database-errors.js';
import type { Driver, MigrationSession } from './driver.js';
import { takeMigrationTurn } from './migration-turn.js';
import type { Turn } from './migration-turn.js';

/** A connection may hang (a frozen server, a lost route): nothing waits for it longer than this. */
const STATEMENT_MS = 10_000;
/** A process that freezes in a transaction holds its locks, the audit log's among them: the server ends it. */
const ABANDONED = { idle_in_transaction_session_timeout: 15_000 };
const CONNECT_MS = 3_000;
const PROBE_MS = 1_000;
/** Closing is polite, and a frozen server does not answer it. */
const GOODBYE_MS = 2_000;

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 2_000;

/** A wrong password, a user or a database that is not there: waiting mends none of them. */
const HOPELESS = new Set(['28000', '28P01', '3D000']);

export interface Wait {
  /** How long the server may take to be there, in milliseconds. */
  readonly waitMs: number;
  /** Called once, when it is not there at first. */
  readonly onWait?: (error: Error) => void;
}

/** A Postgres server, by its URL. @throws DatabaseUnreachable */
export async function openPostgres(url: string, wait: Wait): Promise<Driver> {
  const pool = openPool(url, { max: 10, min: 2, statement_timeout: STATEMENT_MS, ...ABANDONED });
  // For the question whether it answers, when whoever hangs has taken the pool's connections.
  const reserve = openPool(url, { max: 1, query_timeout: PROBE_MS, connectionTimeoutMillis: PROBE_MS });
  try {
    await untilThere(pool, wait);
  } catch (error) {
    await Promise.all([endPool(pool), endPool(reserve)]);
    throw error;
  }
  const ask = (sql: string, parameters: readonly unknown[]) =>
    pool.query({ name: nameOf(sql), text: sql, values: [...parameters] });
  return {
    kind: 'postgres',
    factory: new PrismaPg(pool),
    migrate: (run) => takeMigrationTurn(url, wait.waitMs, (turn) => lendSessions(url, turn, run)),
    run: async (sql, parameters) => (await ask(sql, parameters)).rowCount ?? 0,
    query: async <Row>(sql: string, parameters: readonly unknown[]) =>
      (await ask(sql, parameters)).rows as Row[],
    probe: () => Promise.any([pool, reserve].map((each) => each.query('SELECT 1'))),
    close: async () => void (await Promise.all([endPool(pool), endPool(reserve)])),
  };
}

function openPool(url: string, settings: object): Pool {
  const pool = new Pool({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS,
    keepAlive: true,
    application_name: 'pllm',
    ...settings,
  });
  // An idle connection that the server closes is nobody's error: the pool opens another.
  pool.on('error', () => {});
  return pool;
}

async function endPool(pool: Pool): Promise<void> {
  await Promise.race([pool.end(), sleep(GOODBYE_MS, undefined, { ref: false })]);
}

/** Compose files and clusters start everything at once: the server may come up after us. */
async function untilThere(pool: Pool, { waitMs, onWait }: Wait): Promise<void> {
  const deadline = performance.now() + waitMs;
  for (let attempt = 0; ; attempt++) {
    try {
      await pool.query('SELECT 1');
      return;
    } catch (cause) {
      const error = describe(cause);
      const pause = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
      const { code } = cause as NodeJS.ErrnoException;
      if ((code && HOPELESS.has(code)) || performance.now() + pause > deadline) throw error;
      if (attempt === 0) onWait?.(error);
      await sleep(pause);
    }
  }
}

function describe(cause: unknown): DatabaseUnreachable {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason = code ?? (/timeout/i.test(message) ? 'no answer' : 'no reason given');
  return new DatabaseUnreachable(`The database at DATABASE_URL cannot be used (${reason}).`, { cause });
}

/** Hot statements are few, and long: by its name a connection plans one once, not at every run. */
const names = new Map<string, string>();

function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) names.set(sql, (name = `hot_${names.size}`));
  return name;
}

/** The engine locks for its session and never unlocks: in a pool that stays, no other process would ever start. */
async function lendSessions<T>(
  url: string,
  { patienceMs, signal }: Turn,
  run: (session: MigrationSession) => Promise<T>,
): Promise<T> {
  const sessions = new Pool({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    lock_timeout: patienceMs,
    keepAlive: true,
    application_name: 'pllm-migrate',
  });
  sessions.on('error', () => {});
  // What a frozen server was asked is not waited for: the pool would keep its client for ever.
  sessions.on('connect', ({ connection: { stream } }) => {
    signal.addEventListener('abort', () => stream.destroy(), { once: true });
  });
  try {
    return await run({ factory: new PrismaPg(sessions), runScript: (sql) => sessions.query(sql) });
  } finally {
    await sessions.end();
  }
}
