import { Client } from 'pg';
import { DatabaseUnreachable } from './database-errors.js';

/** Not the engine's own, which it takes by itself: it waits 10 s for that one, and a migration may take longer. */
const LOCK = '7270736902';
const CONNECT_MS = 3_000;
const LEAST_WAIT_MS = 10_000;
/** Postgres: the lock was not to be had in time. */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Of several processes that start at once on one database, one migrates at a time. The lock is the session's: it goes
 * with the process, however that ends.
 *
 * @throws DatabaseUnreachable when another one takes longer than `waitMs`
 */
export async function takeMigrationTurn<T>(url: string, waitMs: number, run: () => Promise<T>): Promise<T> {
  const patience = Math.max(waitMs, LEAST_WAIT_MS);
  const session = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: patience + CONNECT_MS,
    lock_timeout: patience,
    keepAlive: true,
    application_name: 'pllm-migrate',
  });
  session.on('error', () => {});
  try {
    await session.connect();
    await session.query(`SELECT pg_advisory_lock(${LOCK})`);
    return await run();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== LOCK_NOT_AVAILABLE) throw error;
    const message = `Another process has been migrating the database for ${patience / 1000} s.`;
    throw new DatabaseUnreachable(message, { cause: error });
  } finally {
    session.connection.stream.destroy();
  }
}
