import { randomBytes } from 'node:crypto';
import { GatewayError } from '#contract';
import type { AuditNote, Database, Queries } from './database.js';
import type { WrappedKey } from './generated/client.js';
import { KeyWrapper } from './key-wrapper.js';
import type { WrappingKeys } from './key-wrapper.js';
import { KeyHasher, SecretBox } from './secret-box.js';

/** The two keys that the database keeps, wrapped under the operator's. */
export interface SecretKeys {
  /** Encrypts provider secrets. */
  readonly box: SecretBox;
  readonly hasher: KeyHasher;
}

/** Processes that rewrap at once find each other's work; so many times in a row, something else is wrong. */
const MOST_ATTEMPTS = 5;

/**
 * Unwraps the database's keys, and makes them at first boot. Of two processes that make them at once, both end
 * up with the same: the row that came first stays. What is wrapped under the operator's key before is rewrapped.
 *
 * @throws WrongSecretKey when they are wrapped under neither of the operator's keys
 */
export async function openSecretKeys(database: Database, keys: WrappingKeys): Promise<SecretKeys> {
  const wrapper = new KeyWrapper(keys);
  const secrets = await database.read((queries) => findOrMake(queries, wrapper, 'secrets'));
  const pepper = await database.read((queries) => findOrMake(queries, wrapper, 'pepper'));
  await rewrapKeys(database, wrapper);
  return {
    box: new SecretBox(wrapper.unwrap(secrets).key),
    hasher: new KeyHasher(wrapper.unwrap(pepper).key),
  };
}

async function findOrMake(queries: Queries, wrapper: KeyWrapper, name: string): Promise<WrappedKey> {
  const wrapped = wrapper.wrap(name, randomBytes(32));
  await queries.wrappedKey.createMany({ data: [{ name, wrapped }], skipDuplicates: true });
  return queries.wrappedKey.findUniqueOrThrow({ where: { name } });
}

/**
 * Wraps anew what is wrapped under the operator's key before: all of it or nothing. A process that still runs with that
 * one has the keys in memory, and goes on.
 *
 * @returns the names of the keys that were rewrapped
 * @throws WrongSecretKey
 */
export async function rewrapKeys(database: Database, wrapper: KeyWrapper): Promise<string[]> {
  for (let attempt = 1; ; attempt++) {
    const rows = await database.read((queries) => queries.wrappedKey.findMany({ orderBy: { name: 'asc' } }));
    const stale = rows.filter((row) => wrapper.unwrap(row).isStale);
    const names = stale.map(({ name }) => name);
    if (stale.length === 0) return names;
    try {
      await database.write(rewrapNote(names), (queries) => rewrap(queries, wrapper, stale));
      return names;
    } catch (error) {
      const wasOvertaken = error instanceof GatewayError && error.code === 'conflict';
      if (!wasOvertaken || attempt >= MOST_ATTEMPTS) throw error;
    }
  }
}

async function rewrap(queries: Queries, wrapper: KeyWrapper, rows: readonly WrappedKey[]): Promise<void> {
  for (const row of rows) {
    const { name, wrapped } = row;
    const data = { wrapped: wrapper.wrap(name, wrapper.unwrap(row).key) };
    const { count } = await queries.wrappedKey.updateMany({ where: { name, wrapped }, data });
    if (count === 0) throw new GatewayError('conflict', { message: 'Another process rewraps the keys.' });
  }
}

function rewrapNote(names: readonly string[]): AuditNote {
  return {
    actor: 'gateway',
    requestId: 'start',
    action: 'rewrap',
    objectType: 'wrapped_key',
    objectId: names.join(','),
    changes: {},
  };
}
