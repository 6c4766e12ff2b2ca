import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import type { Driver } from './driver.js';

/** A connection may hang (a frozen server, a lost route): nothing waits for it longer than this. */
const STATEMENT_MS = 10_000;
const CONNECT_MS = 5_000;

/** The server at DATABASE_URL cannot be used; the message names no address. */
export class DatabaseUnreachable extends Error {}

/** A Postgres server, by its URL. @throws DatabaseUnreachable */
export async function openPostgres(url: string): Promise<Driver> {
  const pool = new Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS,
    statement_timeout: STATEMENT_MS,
    keepAlive: true,
    application_name: 'pllm',
  });
  // An idle connection that the server closes is nobody's error: the pool opens another.
  pool.on('error', () => {});
  try {
    await pool.query('SELECT 1');
  } catch (cause) {
    await pool.end();
    const { code = 'no reason given' } = cause as NodeJS.ErrnoException;
    throw new DatabaseUnreachable(`The database at DATABASE_URL cannot be used (${code}).`, { cause });
  }
  return {
    kind: 'postgres',
    factory: new PrismaPg(pool),
    migrate: (run) => lendSessions(url, run),
    run: async (sql, parameters) => {
      const { rowCount } = await pool.query({ name: nameOf(sql), text: sql, values: [...parameters] });
      return rowCount ?? 0;
    },
    close: () => pool.end(),
  };
}

/** Hot statements are few, and long: by its name a connection plans one once, not at every run. */
const names = new Map<string, string>();

function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) names.set(sql, (name = `hot_${names.size}`));
  return name;
}

/** The engine locks for its session and never unlocks: in a pool that stays, no other process would ever start. */
async function lendSessions<T>(url: string, run: (factory: PrismaPg) => Promise<T>): Promise<T> {
  const sessions = new Pool({ connectionString: url, application_name: 'pllm-migrate' });
  sessions.on('error', () => {});
  try {
    return await run(new PrismaPg(sessions));
  } finally {
    await sessions.end();
  }
}
