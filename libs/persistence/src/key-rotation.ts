import type { Database, Queries } from './database.js';
import { pepperOf } from './key-hasher.js';
import { placeOfProvider } from './providers.js';
import { WrongSecretKey } from './secret-box.js';
import type { SecretBox } from './secret-box.js';
import { KEY_NAMES, RECEIVERS_MS } from './secret-keys.js';
import type { KeyName, SecretKeys } from './secret-keys.js';

const BATCH = 100;

interface SealedRow {
  readonly id: string;
  readonly sealed: Uint8Array<ArrayBuffer>;
}

/**
 * Seals anew what is under an older version. A row that somebody changes meanwhile is left to them; one that does not
 * open is left as it is.
 *
 * @returns how many were sealed anew
 */
export async function resealProviders(database: Database, box: SecretBox): Promise<number> {
  let resealed = 0;
  let after = '';
  for (;;) {
    const head = box.currentHead;
    const rows = await database.read((queries) => findStaleProviders(queries, head, after));
    for (const row of rows) if (await reseal(database, box, row)) resealed++;
    after = rows.at(-1)?.id ?? after;
    if (rows.length < BATCH) return resealed;
  }
}

function findStaleProviders(queries: Queries, head: Uint8Array, after: string): Promise<SealedRow[]> {
  return queries.$queryRaw<SealedRow[]>`
    SELECT id, sealed FROM provider
    WHERE substring(sealed FROM 1 FOR ${head.length}::int) <> ${head} AND id > ${after}
    ORDER BY id LIMIT ${BATCH}`;
}

/** `updated_at` stays: nobody changed what it says. */
async function reseal(database: Database, box: SecretBox, { id, sealed }: SealedRow): Promise<boolean> {
  const place = placeOfProvider(id);
  const fresh = tryReseal(box, sealed, place);
  if (!fresh) return false;
  const changed = await database.read(
    (queries) =>
      queries.$executeRaw`UPDATE provider SET sealed = ${fresh} WHERE id = ${id} AND sealed = ${sealed}`,
  );
  return changed > 0;
}

function tryReseal(box: SecretBox, sealed: Uint8Array, place: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return box.seal(box.open(sealed, place), place);
  } catch (error) {
    if (error instanceof WrongSecretKey) return undefined;
    throw error;
  }
}

/** A key that was presented is kept under the newest pepper from now on, unless it was changed meanwhile. */
const REHASH = `
  UPDATE key SET
    hash = CASE WHEN hash = $2 THEN $3 ELSE hash END,
    previous_hash = CASE WHEN previous_hash = $2 THEN $3 ELSE previous_hash END
  FROM (SELECT 1 FROM wrapped_key WHERE name = 'pepper' AND version = $4 FOR KEY SHARE) pepper
  WHERE id = $1 AND (hash = $2 OR previous_hash = $2)`;

export async function rehashKey(database: Database, id: string, from: string, to: string): Promise<void> {
  await database.run(REHASH, [id, from, to, pepperOf(to)]);
}

/** How many providers are sealed, and how many keys that are still good are hashed, under an older version. */
export async function countUnderOld(
  queries: Queries,
  { box, hasher }: Pick<SecretKeys, 'box' | 'hasher'>,
): Promise<Record<KeyName, number>> {
  const head = box.currentHead;
  // Under the first version no hash says its own, and there is none before it.
  const pepper = hasher.currentVersion === 1 ? '%' : `${hasher.currentVersion}.%`;
  const [row] = await queries.$queryRaw<Record<'secrets' | 'pepper', bigint>[]>`
    SELECT
      (SELECT count(*) FROM provider WHERE substring(sealed FROM 1 FOR ${head.length}::int) <> ${head}) AS secrets,
      (SELECT count(*) FROM key WHERE revoked_at IS NULL AND (hash NOT LIKE ${pepper}
        OR (previous_hash NOT LIKE ${pepper} AND previous_expires_at > now()))) AS pepper`;
  // Nothing is kept that webhooks' key signed.
  return { secrets: Number(row?.secrets ?? 0), pepper: Number(row?.pepper ?? 0), webhooks: 0 };
}

/**
 * Takes away the versions that nothing is under, once the newest is older than `ageMs`: by then all gateways know it,
 * and what one writes that does not is refused (`holdVersion`).
 *
 * @returns how many
 */
export async function dropOldVersions(database: Database, keys: SecretKeys, ageMs: number): Promise<number> {
  let dropped = 0;
  for (const name of KEY_NAMES) {
    const drops = { name, ageMs: name === 'webhooks' ? Math.max(ageMs, RECEIVERS_MS) : ageMs };
    dropped += await database.transaction((queries) => drop(queries, keys, drops));
  }
  return dropped;
}

async function drop(
  queries: Queries,
  keys: SecretKeys,
  { name, ageMs }: { name: KeyName; ageMs: number },
): Promise<number> {
  const currentVersion = keys.versionOf(name);
  // Whoever writes under an old one now is waited for, and counted by the statement after.
  const old = await queries.$queryRaw<unknown[]>`
    SELECT 1 FROM wrapped_key WHERE name = ${name} AND version < ${currentVersion} FOR UPDATE`;
  if (old.length === 0) return 0;
  const counts = await countUnderOld(queries, keys);
  if (counts[name] > 0) return 0;
  return queries.$executeRaw`
    DELETE FROM wrapped_key WHERE name = ${name} AND version < ${currentVersion} AND EXISTS (
      SELECT 1 FROM wrapped_key newest WHERE newest.name = ${name} AND newest.version = ${currentVersion}
        AND newest.created_at <= now() - ${ageMs}::int * interval '1 millisecond')`;
}
