import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { DatabaseUnreachable } from './database-errors.js';

/** Not the engine's own, which it takes by itself: it waits 10 s for that one, and a migration may take longer. */
const LOCK = '7270736902';
const CONNECT_MS = 3_000;
const LEAST_WAIT_MS = 10_000;
/** Postgres: the lock was not to be had in time. */
const LOCK_NOT_AVAILABLE = '55P03';

/** A migration may take long: what tells that its server is still there is asked beside it. */
const ASK_EVERY_MS = 1_000;
const ANSWER_MS = 10_000;

export interface Turn {
  /** How long to wait for another process, and for whoever locked a table, in milliseconds. */
  readonly patienceMs: number;
  /** Aborted when the server does not answer any more: nothing is heard of what was asked of it. */
  readonly signal: AbortSignal;
}

/**
 * Of several processes that start at once on one database, one migrates at a time. The lock is the session's: it goes
 * with the process, however that ends.
 *
 * @throws DatabaseUnreachable when another one takes longer than `waitMs`, or the server stops answering
 */
export async function takeMigrationTurn<T>(
  url: string,
  waitMs: number,
  run: (turn: Turn) => Promise<T>,
): Promise<T> {
  const patienceMs = Math.max(waitMs, LEAST_WAIT_MS);
  const session = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: patienceMs + CONNECT_MS,
    lock_timeout: patienceMs,
    keepAlive: true,
    application_name: 'pllm-migrate',
  });
  session.on('error', () => {});
  try {
    await session.connect();
    await inTime(session.query(`SELECT pg_advisory_lock(${LOCK})`), () => {
      return `Another process has been migrating the database for ${patienceMs / 1000} s.`;
    });
    return await runWatched(session, (signal) => {
      return inTime(run({ patienceMs, signal }), () => {
        return `Another session has locked what a migration changes for ${patienceMs / 1000} s.`;
      });
    });
  } finally {
    session.connection.stream.destroy();
  }
}

/** A server that froze, or a lost route: the kernel would wait for hours, and the engine for ever. */
async function runWatched<T>(session: Client, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const lost = new AbortController();
  const running = run(lost.signal);
  // Once it is given up nobody hears how it ends.
  running.catch(() => {});
  try {
    return await Promise.race([running, untilSilent(session, over.signal)]);
  } catch (error) {
    lost.abort();
    throw error;
  } finally {
    over.abort();
  }
}

/** @throws DatabaseUnreachable when the server has not answered for ten seconds */
async function untilSilent(session: Client, over: AbortSignal): Promise<never> {
  for (;;) {
    await sleep(ASK_EVERY_MS, undefined, { signal: over });
    try {
      const question = { text: 'SELECT 1', query_timeout: ANSWER_MS };
      await session.query(question);
    } catch (cause) {
      const message = 'The database stopped answering in the middle of a migration, which is not applied.';
      throw new DatabaseUnreachable(message, { cause });
    }
  }
}

async function inTime<T>(work: Promise<T>, describe: () => string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== LOCK_NOT_AVAILABLE) throw error;
    throw new DatabaseUnreachable(describe(), { cause: error });
  }
}
