import type { Queries } from './database.js';
import type { AuditEntry } from './generated/client.js';
import type { Page, PageRequest } from './page.js';
import { cutPage, unknownCursor } from './page.js';

export type { AuditEntry } from './generated/client.js';

/** Newest first; the cursor is an entry's id. */
export async function listAudit(queries: Queries, page: PageRequest): Promise<Page<AuditEntry>> {
  if (page.cursor !== undefined && !/^\d{1,18}$/.test(page.cursor)) throw unknownCursor();
  const rows = await queries.auditEntry.findMany({
    take: page.limit + 1,
    orderBy: { id: 'desc' },
    ...(page.cursor === undefined ? {} : { where: { id: { lt: BigInt(page.cursor) } } }),
  });
  return cutPage(rows, page);
}
