import type { BudgetAccount } from '#metering';
import { isSame, NAME, NAMED, NAME_MEMBERS, named, toAccount } from './budget-account-name.js';
import type { AccountColumns } from './budget-account-name.js';
import { OWNER, SPENT_OF_DAYS } from './budget-open.js';
import type { Queries } from './database.js';

/** A counter that is not the sum of what it counts, in nano-dollars. */
export interface AccountDifference {
  readonly account: BudgetAccount;
  readonly column: 'spent' | 'reserved' | 'withheld';
  readonly was: bigint;
  readonly is: bigint;
}

/** What was found of some accounts, in their order. */
export interface CheckedAccounts {
  readonly differences: AccountDifference[];
  readonly accounts: number;
  /** End-users' that count since before the first record that is kept: nobody can tell what they spent. */
  readonly unchecked: number;
  /** Those of which something is withheld, and how much that is of all. */
  readonly withheld: BudgetAccount[];
  readonly withheldNanos: bigint;
  /** The last one; undefined: there are no more behind. */
  readonly last: BudgetAccount | undefined;
}

interface CheckedRow extends AccountColumns {
  readonly spent: string;
  readonly reserved: string;
  readonly withheld: string;
  /** Null: not to be told. */
  readonly is_spent: string | null;
  readonly is_reserved: string;
  readonly is_withheld: string;
}

const AT_ONCE = 1_000;

const ofEndUsers = (kind: 'key' | 'team'): string =>
  `SELECT ${NAME}, sum(cost_nanos) AS spent
    FROM person JOIN usage_record ON ${kind}_id = owner AND coalesce(end_user, '') = person
      AND at >= counts_from AND (ends_at IS NULL OR at < ends_at)
    WHERE subject LIKE '${kind}:%' AND at >= (SELECT min(counts_from) FROM person) GROUP BY ${NAME}`;

/** One statement, so that all of it is of one moment. @param accounts rows of `budget_account` */
const check = (accounts: string): string => `WITH account AS MATERIALIZED (
  ${accounts}
), person AS MATERIALIZED (
  SELECT account.*, ${OWNER} FROM account WHERE kind = 'end_user' AND counts_from >= $1::timestamptz
), called AS MATERIALIZED (
  ${ofEndUsers('key')} UNION ALL ${ofEndUsers('team')}
), leased AS MATERIALIZED (
  SELECT ${NAME}, sum(greatest(nanos, 0)) FILTER (WHERE NOT is_withheld) AS reserved,
    sum(greatest(nanos, 0)) FILTER (WHERE is_withheld) AS withheld
  FROM account JOIN budget_lease USING (${NAME}) GROUP BY ${NAME}
)
SELECT ${NAME}, ends_at, spent_nanos::text AS spent, reserved_nanos::text AS reserved, withheld_nanos::text AS withheld,
  CASE WHEN kind <> 'end_user' THEN coalesce(${SPENT_OF_DAYS}, 0)
    WHEN counts_from >= $1::timestamptz THEN coalesce(called.spent, 0) END::text AS is_spent,
  coalesce(leased.reserved, 0)::text AS is_reserved, coalesce(leased.withheld, 0)::text AS is_withheld
FROM account LEFT JOIN called USING (${NAME}) LEFT JOIN leased USING (${NAME}) ORDER BY ${NAME}`;

const PAGE = check(`SELECT * FROM budget_account WHERE (${NAME}) > ($2, $3, $4, $5::timestamptz)
  ORDER BY ${NAME} LIMIT ${AT_ONCE}`);
const THESE = check(`SELECT budget_account.* FROM budget_account
  JOIN (SELECT DISTINCT ${NAMED} FROM json_to_recordset($2::json) AS named(${NAME_MEMBERS})) AS named
  ON ${isSame('budget_account', 'named')}`);

/** @param keptFrom since when records are kept @param after the last one of those before; undefined: from the first */
export async function readDifferences(
  queries: Queries,
  keptFrom: Date,
  after?: BudgetAccount,
): Promise<CheckedAccounts> {
  const { kind, subject, period, startsAt } = after ?? { kind: '', subject: '', period: '', startsAt: 0 };
  const begin = [kind, subject, period, new Date(startsAt)];
  const rows = await queries.$queryRawUnsafe<CheckedRow[]>(PAGE, keptFrom, ...begin);
  const last = rows.at(-1);
  return {
    differences: rows.flatMap(toDifferences),
    accounts: rows.length,
    unchecked: rows.filter((row) => row.is_spent === null).length,
    withheld: rows.filter((row) => row.withheld !== '0').map(toAccount),
    withheldNanos: rows.reduce((sum, row) => sum + BigInt(row.withheld), 0n),
    last: last && rows.length === AT_ONCE ? toAccount(last) : undefined,
  };
}

/** The same of accounts that are named, all of them. */
export async function readDifferencesOf(
  queries: Queries,
  keptFrom: Date,
  accounts: readonly BudgetAccount[],
): Promise<AccountDifference[]> {
  const names = JSON.stringify(accounts.map(named));
  return (await queries.$queryRawUnsafe<CheckedRow[]>(THESE, keptFrom, names)).flatMap(toDifferences);
}

function toDifferences(row: CheckedRow): AccountDifference[] {
  return (['spent', 'reserved', 'withheld'] as const).flatMap((column) => {
    const was = BigInt(row[column]);
    const is = BigInt(row[`is_${column}`] ?? was);
    return was === is ? [] : [{ account: toAccount(row), column, was, is }];
  });
}
