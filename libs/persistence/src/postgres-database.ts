import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import type { Driver } from './driver.js';

/** A connection may hang (a frozen server, a lost route): nothing waits for it longer than this. */
const STATEMENT_MS = 10_000;
const CONNECT_MS = 5_000;

/** A Postgres server, by its URL. Connects at the first query. */
export function openPostgres(url: string): Driver {
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
  return { kind: 'postgres', factory: new PrismaPg(pool), close: () => pool.end() };
}
