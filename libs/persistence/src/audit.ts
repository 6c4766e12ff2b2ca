import type { Queries } from './database.js';
import type { AuditEntry } from './generated/client.js';
import type { Page, PageRequest } from './page.js';
import { cutPage, unknownCursor } from './page.js';

export type { AuditEntry } from './generated/client.js';

/** Whose entries, and about what. */
export interface AuditFilter {
  readonly actor?: string | undefined;
  readonly objectType?: string | undefined;
  readonly objectId?: string | undefined;
}

/** Newest first; the cursor is an entry's id. */
export async function listAudit(
  queries: Queries,
  page: PageRequest,
  filter: AuditFilter = {},
): Promise<Page<AuditEntry>> {
  if (page.cursor !== undefined && !/^\d{1,18}$/.test(page.cursor)) throw unknownCursor();
  const rows = await queries.auditEntry.findMany({
    take: page.limit + 1,
    orderBy: { id: 'desc' },
    where: { ...filter, ...(page.cursor === undefined ? {} : { id: { lt: BigInt(page.cursor) } }) },
  });
  return cutPage(rows, page);
}

/** A write, as far as who keeps something in memory must know of it. */
export interface LoggedWrite {
  readonly number: bigint;
  readonly kind: string;
  readonly id: string;
}

/**
 * An entry that is older than any write that may still be going on: by its time, and, since clocks differ, by its number
 * too.
 */
export async function findLogStart(queries: Queries): Promise<bigint> {
  const [row] = await queries.$queryRaw<{ id: bigint }[]>`
    SELECT least(
      coalesce((SELECT id FROM audit_entry WHERE at < now() - interval '2 minutes' ORDER BY id DESC LIMIT 1), 0),
      greatest(coalesce((SELECT max(id) FROM audit_entry), 0) - 100, 0)
    ) AS id`;
  return row?.id ?? 0n;
}

/** How many connections to this database go by the name; those by one name under it (`name/a`) are one. */
export async function countConnections(queries: Queries, name: string): Promise<number> {
  const [row] = await queries.$queryRaw<{ count: bigint }[]>`
    SELECT count(DISTINCT CASE WHEN application_name = ${name} THEN pid::text ELSE application_name END) AS count
    FROM pg_stat_activity
    WHERE (application_name = ${name} OR starts_with(application_name, ${name} || '/'))
      AND datname = current_database()`;
  return Number(row?.count ?? 0);
}

/** The writes behind `after`, lowest first, but for those that were `seen`. */
export async function readWrites(
  queries: Queries,
  after: bigint,
  seen: readonly bigint[],
  limit: number,
): Promise<LoggedWrite[]> {
  // Numbers past 2^53 stay whole as text.
  const known = seen.join(',');
  return queries.$queryRaw<LoggedWrite[]>`
    SELECT id AS number, object_type AS kind, object_id AS id FROM audit_entry
    WHERE audit_entry.id > ${after} AND NOT audit_entry.id = ANY (string_to_array(${known}, ',')::bigint[])
    ORDER BY audit_entry.id LIMIT ${limit}`;
}
