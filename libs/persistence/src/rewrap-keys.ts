import { GatewayError } from '#contract';
import type { AuditNote, Database, Queries } from './database.js';
import type { WrappedKey } from './generated/client.js';
import type { KeyWrapper } from './key-wrapper.js';

/** Processes that rewrap at once find each other's work; so many times in a row, something else is wrong. */
const MOST_ATTEMPTS = 5;

/**
 * Wraps anew what is wrapped under the operator's key before: all of it or nothing. A process that still runs with that
 * one has the keys in memory, and goes on.
 *
 * @throws WrongSecretKey when something is wrapped under neither
 */
export async function rewrapKeys(database: Database, wrapper: KeyWrapper): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const rows = await database.read((queries) => queries.wrappedKey.findMany({ orderBy: { name: 'asc' } }));
    const stale = rows.filter((row) => wrapper.unwrap(row).isStale);
    if (stale.length === 0) return;
    try {
      await database.write(noteOf(stale), (queries) => rewrap(queries, wrapper, stale));
      return;
    } catch (error) {
      const wasOvertaken = error instanceof GatewayError && error.code === 'conflict';
      if (!wasOvertaken || attempt >= MOST_ATTEMPTS) throw error;
    }
  }
}

async function rewrap(queries: Queries, wrapper: KeyWrapper, rows: readonly WrappedKey[]): Promise<void> {
  for (const row of rows) {
    const { name, version, wrapped } = row;
    const data = { wrapped: wrapper.wrap(row, wrapper.unwrap(row).key) };
    const { count } = await queries.wrappedKey.updateMany({ where: { name, version, wrapped }, data });
    if (count === 0) throw new GatewayError('conflict', { message: 'Another process rewraps the keys.' });
  }
}

function noteOf(rows: readonly WrappedKey[]): AuditNote {
  const names = [...new Set(rows.map(({ name }) => name))];
  const about = { objectType: 'wrapped_key', objectId: names.join(','), changes: {} };
  return { actor: 'gateway', requestId: 'start', action: 'rewrap', ...about };
}
