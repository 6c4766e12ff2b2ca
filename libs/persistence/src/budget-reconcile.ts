import type { BudgetAccount } from '#metering';
import { isSame, NAME, NAMED, NAME_MEMBERS, named, nameOf } from './budget-account-name.js';
import { readDifferences, readDifferencesOf } from './budget-differences.js';
import type { AccountDifference } from './budget-differences.js';
import { holdLedger } from './budget-open.js';
import type { Database } from './database.js';
import { findRollupDifferences, listDays, repairRollups } from './rollup-reconcile.js';
import type { RollupDifference } from './rollup-reconcile.js';
import { findKeptFrom } from './usage-partitions.js';

export interface ReconcileOptions {
  /** Is what differs put right? Else it is only told. */
  readonly repair: boolean;
  /** With `repair`: is what is withheld let go of? Only while no gateway is away that may still spend it. */
  readonly releaseWithheld: boolean;
}

/** What counters are, against the records that they count. */
export interface Reconciliation {
  /** How many were looked at. */
  readonly accounts: number;
  readonly days: number;
  /** End-users' accounts that began before the first record that is kept. */
  readonly unchecked: number;
  /** What is withheld of all accounts, when it was looked at. */
  readonly withheldNanos: bigint;
  /** What differed, the first thousand of each. */
  readonly differences: readonly AccountDifference[];
  readonly rollups: readonly RollupDifference[];
  /** Are these all of them? */
  readonly isWhole: boolean;
}

/** So many differences are told, at most: what is wrong everywhere is no list. */
const MOST = 1_000;

/** How long a page of accounts may take to be put right. */
const PATIENCE_MS = 60_000;

/**
 * Compares the rollups with the records, then the accounts with the rollups, the records and the leases; of the months
 * whose records are kept. Day by day and page by page, so that it needs little memory, and nobody waits for long.
 *
 * @throws GatewayError
 */
export async function reconcileBudgets(
  database: Database,
  options: ReconcileOptions,
): Promise<Reconciliation> {
  const kept = await database.read(findKeptFrom);
  const days = kept ? await database.read((queries) => listDays(queries, kept)) : [];
  const rollups: RollupDifference[] = [];
  for (const day of days) {
    const found = await database.read((queries) => findRollupDifferences(queries, day), PATIENCE_MS);
    const isRepaired = options.repair && found.length > 0;
    add(rollups, isRepaired ? await repairRollups(database, day) : found);
  }
  // Where no month has a partition of its own, nothing was ever let go of.
  const accounts = await reconcileAccounts(database, kept ?? new Date(0), options);
  const isWhole = rollups.length <= MOST && accounts.differences.length <= MOST;
  return {
    ...accounts,
    days: days.length,
    differences: accounts.differences.slice(0, MOST),
    rollups: rollups.slice(0, MOST),
    isWhole,
  };
}

async function reconcileAccounts(database: Database, keptFrom: Date, options: ReconcileOptions) {
  const differences: AccountDifference[] = [];
  let [accounts, unchecked, withheldNanos] = [0, 0, 0n];
  for (let after: BudgetAccount | undefined; ;) {
    const page = await database.read((queries) => readDifferences(queries, keptFrom, after), PATIENCE_MS);
    const wrong = [
      ...page.differences.map(({ account }) => account),
      ...(options.releaseWithheld ? page.withheld : []),
    ];
    const isRepaired = options.repair && wrong.length > 0;
    add(
      differences,
      isRepaired ? await repairAccounts(database, keptFrom, wrong, options) : page.differences,
    );
    accounts += page.accounts;
    unchecked += page.unchecked;
    withheldNanos += page.withheldNanos;
    after = page.last;
    if (!after) return { accounts, unchecked, withheldNanos, differences };
  }
}

const LOCK = `SELECT 1 FROM budget_account JOIN (
    SELECT DISTINCT ${NAMED} FROM json_to_recordset($1::json) AS named(${NAME_MEMBERS})
  ) AS named ON ${isSame('budget_account', 'named')}
  ORDER BY ${nameOf('budget_account')} FOR UPDATE OF budget_account`;

const clear = (which: string): string => `DELETE FROM budget_lease
  USING (SELECT DISTINCT ${NAMED} FROM json_to_recordset($1::json) AS named(${NAME_MEMBERS})) AS named
  WHERE ${isSame('budget_lease', 'named')} AND ${which}`;
const CLEAR_BROKEN = clear('nanos < 0');
const CLEAR_WITHHELD = clear('is_withheld');

const SET = `UPDATE budget_account account SET spent_nanos = coalesce(spent, spent_nanos),
    reserved_nanos = coalesce(reserved, reserved_nanos), withheld_nanos = coalesce(withheld, withheld_nanos)
  FROM (
    SELECT ${NAME}, max("is") FILTER (WHERE "column" = 'spent') AS spent,
      max("is") FILTER (WHERE "column" = 'reserved') AS reserved,
      max("is") FILTER (WHERE "column" = 'withheld') AS withheld
    FROM (
      SELECT ${NAMED}, "column", "is"
      FROM json_to_recordset($1::json) AS change(${NAME_MEMBERS}, "column" text, "is" bigint)
    ) AS change GROUP BY ${NAME}
  ) AS right_one WHERE ${isSame('account', 'right_one')}`;

/** No record is inserted meanwhile, and nobody draws from them. @returns what was changed */
function repairAccounts(
  database: Database,
  keptFrom: Date,
  accounts: readonly BudgetAccount[],
  { releaseWithheld }: ReconcileOptions,
): Promise<AccountDifference[]> {
  const names = JSON.stringify(accounts.map(named));
  return database.transaction(async (queries) => {
    await holdLedger(queries, 'SHARE ROW EXCLUSIVE');
    await queries.$queryRawUnsafe(LOCK, names);
    await queries.$executeRawUnsafe(CLEAR_BROKEN, names);
    if (releaseWithheld) await queries.$executeRawUnsafe(CLEAR_WITHHELD, names);
    const differences = await readDifferencesOf(queries, keptFrom, accounts);
    const changes = differences.map(({ account, column, is }) => ({
      ...named(account),
      column,
      is: String(is),
    }));
    await queries.$executeRawUnsafe(SET, JSON.stringify(changes));
    return differences;
  }, PATIENCE_MS);
}

/** One more than are told is enough to know that there are more. */
function add<T>(list: T[], more: readonly T[]): void {
  list.push(...more.slice(0, Math.max(0, MOST + 1 - list.length)));
}
