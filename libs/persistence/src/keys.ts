import type { Page, PageRequest } from './page.js';
import { cutPage, pageQuery } from './page.js';
import type { Queries } from './database.js';
import type { Key, Prisma } from './generated/client.js';
import { pepperOf } from './key-hasher.js';
import { holdVersion } from './secret-keys.js';

export type { Key } from './generated/client.js';
export type NewKey = Omit<Prisma.KeyCreateInput, 'createdAt' | 'updatedAt'>;
export type KeyChange = Prisma.KeyUpdateInput;

/** Every key, for the snapshot. */
export function loadKeys(queries: Queries): Promise<Key[]> {
  return queries.key.findMany();
}

/** The key whose secret, or whose secret before a rotation, hashes to `hash`. */
export function findKeyByHash(queries: Queries, hash: string): Promise<Key | null> {
  return queries.key.findFirst({ where: { OR: [{ hash }, { previousHash: hash }] } });
}

export function findKey(queries: Queries, id: string): Promise<Key | null> {
  return queries.key.findUnique({ where: { id } });
}

/** Nobody else changes these keys until the transaction ends. In one order, so that no two wait for each other. */
export async function lockKeys(queries: Queries, ids: readonly string[]): Promise<void> {
  await queries.$queryRaw`SELECT id FROM "key" WHERE id = ANY(${[...ids]}) ORDER BY id FOR UPDATE`;
}

/** Undefined: whatever its team. */
export interface KeyFilter {
  readonly teamId?: string | undefined;
}

export async function listKeys(
  queries: Queries,
  page: PageRequest,
  where: KeyFilter = {},
): Promise<Page<Key>> {
  return cutPage(await queries.key.findMany({ ...pageQuery(page), where }), page);
}

export function countKeys(queries: Queries, where: KeyFilter): Promise<number> {
  return queries.key.count({ where });
}

export async function createKey(queries: Queries, key: NewKey): Promise<Key> {
  await holdVersion(queries, 'pepper', pepperOf(key.hash));
  return queries.key.create({ data: key });
}

export async function updateKey(queries: Queries, id: string, change: KeyChange): Promise<Key> {
  for (const hash of [change.hash, change.previousHash]) {
    if (typeof hash === 'string') await holdVersion(queries, 'pepper', pepperOf(hash));
  }
  return queries.key.update({ where: { id }, data: change });
}

export function deleteKey(queries: Queries, id: string): Promise<Key> {
  return queries.key.delete({ where: { id } });
}
