import type { BudgetAccount } from '#metering';
import { NAME, toAccount } from './budget-account-name.js';
import type { AccountColumns } from './budget-account-name.js';
import type { Queries } from './database.js';
import type { Page, PageRequest } from './page.js';
import { cutPage, unknownCursor } from './page.js';

export interface BudgetAccountFilter {
  readonly kind?: BudgetAccount['kind'] | undefined;
  readonly subject?: string | undefined;
  /** Only those whose period it is at that time; undefined: of any time. */
  readonly at?: Date | undefined;
}

export interface BudgetAccountRow extends BudgetAccount {
  readonly countsFrom: number;
  readonly spentNanos: bigint;
  readonly reservedNanos: bigint;
  readonly withheldNanos: bigint;
}

interface Columns extends AccountColumns {
  readonly counts_from: Date;
  readonly spent_nanos: bigint;
  readonly reserved_nanos: bigint;
  readonly withheld_nanos: bigint;
}

/** By kind, subject, period and time; the cursor is what `budgetAccountCursor` says of the last row. */
export async function listBudgetAccounts(
  queries: Queries,
  { kind, subject, at }: BudgetAccountFilter,
  page: PageRequest,
): Promise<Page<BudgetAccountRow>> {
  const parameters: unknown[] = [];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const filters = ['true'];
  if (kind !== undefined) filters.push(`kind = ${bind(kind)}`);
  if (subject !== undefined) filters.push(`subject = ${bind(subject)}`);
  if (at !== undefined) {
    const time = `${bind(at)}::timestamptz`;
    filters.push(`starts_at <= ${time} AND (ends_at IS NULL OR ends_at > ${time})`);
  }
  if (page.cursor !== undefined) {
    const last = readCursor(page.cursor);
    const values = [...last.slice(0, 3).map(bind), `${bind(new Date(last[3]))}::timestamptz`];
    filters.push(`(${NAME}) > (${values.join(', ')})`);
  }
  const rows = await queries.$queryRawUnsafe<Columns[]>(
    `SELECT * FROM budget_account WHERE ${filters.join(' AND ')} ORDER BY ${NAME} LIMIT ${bind(page.limit + 1)}`,
    ...parameters,
  );
  return cutPage(rows.map(toRow), page);
}

/** Subjects are any text, so it is no text of their own. */
export function budgetAccountCursor({ kind, subject, period, startsAt }: BudgetAccount): string {
  return Buffer.from(JSON.stringify([kind, subject, period, startsAt])).toString('base64url');
}

const LAST_MS = Date.UTC(10_000, 0);

function readCursor(cursor: string): [string, string, string, number] {
  try {
    const name: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(name) && name.map((each) => typeof each).join() === 'string,string,string,number') {
      const [kind, subject, period, startsAt] = name as [string, string, string, number];
      // What Postgres can compare with.
      const isStorable = ![kind, subject, period].some((text) => /[\0\p{Cs}]/u.test(text));
      if (isStorable && startsAt >= 0 && startsAt < LAST_MS) return [kind, subject, period, startsAt];
    }
  } catch {
    // It is none, like any other text.
  }
  throw unknownCursor();
}

function toRow(row: Columns): BudgetAccountRow {
  return {
    ...toAccount(row),
    countsFrom: row.counts_from.getTime(),
    spentNanos: row.spent_nanos,
    reservedNanos: row.reserved_nanos,
    withheldNanos: row.withheld_nanos,
  };
}
