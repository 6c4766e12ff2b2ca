import type { Database, Queries } from './database.js';
import type { StoredResponse } from './generated/client.js';

export type { StoredResponse } from './generated/client.js';

/** Whose answer it is, and which. */
export interface ResponseName {
  /** Empty: the master key. */
  readonly keyId: string;
  readonly id: string;
}

/** An answer and those before it, as far as they are there. */
export interface Turns {
  /** The oldest first. */
  readonly rows: readonly StoredResponse[];
  /** The one that is named, and is not there; undefined: all are. */
  readonly missing: string | undefined;
  /** Are they more, or longer, than was asked for? Then there are no rows. */
  readonly isTooLong: boolean;
}

export interface TurnLimits {
  readonly turns: number;
  /** Of their texts. */
  readonly bytes: number;
}

/** An upstream may give an id to two answers of a key: the later one stays. */
const INSERT = `INSERT INTO stored_response
  (key_id, id, created_at, expires_at, provider_id, previous_id, input, response)
  VALUES ($1, $2, $3::timestamptz, $4::timestamptz, $5, $6, $7, $8)
  ON CONFLICT (key_id, id) DO UPDATE SET created_at = excluded.created_at, expires_at = excluded.expires_at,
    provider_id = excluded.provider_id, previous_id = excluded.previous_id, input = excluded.input,
    response = excluded.response`;

export async function insertResponse(database: Database, row: StoredResponse): Promise<void> {
  const times = [row.createdAt, row.expiresAt].map((time) => time.toISOString());
  const { keyId, id, providerId, previousId, input, response } = row;
  await database.run(INSERT, [keyId, id, ...times, providerId, previousId, input, response]);
}

/** Null where there is none, or it is expired. */
export function findResponse(
  queries: Queries,
  { keyId, id }: ResponseName,
  now: Date,
): Promise<StoredResponse | null> {
  return queries.storedResponse.findFirst({ where: { keyId, id, expiresAt: { gt: now } } });
}

/** @returns was there one? */
export async function deleteResponse(
  queries: Queries,
  { keyId, id }: ResponseName,
  now: Date,
): Promise<boolean> {
  const { count } = await queries.storedResponse.deleteMany({ where: { keyId, id, expiresAt: { gt: now } } });
  return count > 0;
}

interface Link {
  readonly id: string;
  readonly previous_id: string | null;
  readonly bytes: number;
}

/** An answer and all that it goes on from. How much that is, is known before any of it is read. */
export async function readTurns(
  queries: Queries,
  { keyId, id }: ResponseName,
  now: Date,
  limits: TurnLimits,
): Promise<Turns> {
  const links = await queries.$queryRaw<Link[]>`
    WITH RECURSIVE turn AS (
      SELECT id, previous_id, octet_length(input) + octet_length(response) AS bytes, 1 AS depth
      FROM stored_response WHERE key_id = ${keyId} AND id = ${id} AND expires_at > ${now}
      UNION ALL
      SELECT before.id, before.previous_id, octet_length(before.input) + octet_length(before.response),
        turn.depth + 1
      FROM turn JOIN stored_response before
        ON before.key_id = ${keyId} AND before.id = turn.previous_id AND before.expires_at > ${now}
      WHERE turn.depth <= ${limits.turns}::int
    )
    SELECT id, previous_id, bytes FROM turn ORDER BY depth`;
  const bytes = links.reduce((sum, link) => sum + link.bytes, 0);
  if (links.length > limits.turns || bytes > limits.bytes)
    return { rows: [], missing: undefined, isTooLong: true };
  const oldest = links.at(-1);
  const missing = oldest ? (oldest.previous_id ?? undefined) : id;
  if (missing !== undefined) return { rows: [], missing, isTooLong: false };
  const ids = links.map((link) => link.id);
  const found = await queries.storedResponse.findMany({ where: { keyId, id: { in: ids } } });
  const byId = new Map(found.map((row) => [row.id, row]));
  const rows = ids.toReversed().flatMap((each) => byId.get(each) ?? []);
  return { rows, missing: rows.length < ids.length ? id : undefined, isTooLong: false };
}

/** So many rows go in a statement, which has its time. */
const AT_ONCE = 1_000;

/** Lets go of what is expired. @returns how many there were */
export async function sweepResponses(database: Pick<Database, 'run'>, now: Date): Promise<number> {
  const statement = `DELETE FROM stored_response WHERE (key_id, id) IN (
    SELECT key_id, id FROM stored_response WHERE expires_at <= $1::timestamptz LIMIT ${AT_ONCE})`;
  for (let gone = 0; ;) {
    const count = await database.run(statement, [now.toISOString()]);
    gone += count;
    if (count < AT_ONCE) return gone;
  }
}
