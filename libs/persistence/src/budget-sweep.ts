import { isSame, NAME, nameOf } from './budget-account-name.js';
import type { Database } from './database.js';

/** So many leases, or accounts, go in a statement, which has its time. */
const AT_ONCE = 1_000;

const IS_OVER = `(NOT is_withheld AND expires_at <= now() OR is_withheld AND nanos = 0)`;

/**
 * What a balanced lease had goes back to the room. What a strict one had may be spent by whoever did not renew it, and
 * is withheld.
 */
const SWEEP = `WITH over AS MATERIALIZED (
  SELECT ${NAME} FROM budget_lease WHERE ${IS_OVER} LIMIT ${AT_ONCE}
), account AS MATERIALIZED (
  SELECT ${NAME} FROM budget_account WHERE (${NAME}) IN (SELECT ${NAME} FROM over)
  ORDER BY ${NAME} FOR UPDATE
), lease AS MATERIALIZED (
  SELECT ${nameOf('lease')}, lease.holder, lease.nanos, lease.is_withheld,
    lease.is_strict AND lease.nanos > 0 AS is_kept
  FROM account JOIN budget_lease lease USING (${NAME}) WHERE ${IS_OVER}
  ORDER BY ${nameOf('lease')}, lease.holder FOR UPDATE OF lease
), changed AS (
  UPDATE budget_account account SET
    reserved_nanos = account.reserved_nanos - change.nanos, withheld_nanos = account.withheld_nanos + change.kept
  FROM (
    SELECT ${NAME}, sum(nanos)::bigint AS nanos, coalesce(sum(nanos) FILTER (WHERE is_kept), 0)::bigint AS kept
    FROM lease WHERE NOT is_withheld GROUP BY ${NAME}
  ) AS change WHERE ${isSame('account', 'change')}
), withheld AS (
  UPDATE budget_lease SET is_withheld = true
  FROM lease WHERE ${isSame('budget_lease', 'lease')} AND budget_lease.holder = lease.holder AND is_kept
), gone AS (
  DELETE FROM budget_lease USING lease
  WHERE ${isSame('budget_lease', 'lease')} AND budget_lease.holder = lease.holder AND NOT is_kept
)
SELECT count(*)::int AS count FROM lease`;

/** Ends the leases that nobody renewed. @returns how many there were @throws GatewayError */
export async function sweepLeases(database: Database): Promise<number> {
  for (let gone = 0; ;) {
    const [row] = await database.query<{ count: number }>(SWEEP, []);
    const count = row?.count ?? 0;
    gone += count;
    if (count < AT_ONCE) return gone;
  }
}

/** In a period that is over nobody needs what is withheld of it. */
const LET_GO = `WITH account AS MATERIALIZED (
  SELECT ${NAME} FROM budget_account WHERE withheld_nanos > 0 AND ends_at < now() - interval '1 day'
  ORDER BY ${NAME} LIMIT ${AT_ONCE} FOR UPDATE
), gone AS (
  DELETE FROM budget_lease USING account WHERE ${isSame('budget_lease', 'account')} AND is_withheld
)
UPDATE budget_account SET withheld_nanos = 0 FROM account WHERE ${isSame('budget_account', 'account')}`;

/** What is older is no longer asked for, and cannot be charged any more. */
const PRUNE = `WITH account AS MATERIALIZED (
  SELECT ${NAME} FROM budget_account WHERE ends_at < now() - interval '400 days' AND NOT EXISTS (
    SELECT FROM budget_lease WHERE ${isSame('budget_lease', 'budget_account')})
  ORDER BY ${NAME} LIMIT ${AT_ONCE} FOR UPDATE
), alerts AS (
  DELETE FROM budget_alert USING account WHERE ${isSame('budget_alert', 'account')}
)
DELETE FROM budget_account USING account WHERE ${isSame('budget_account', 'account')}`;

/** Lets go of what is over: what is withheld after a day, accounts after 400. @returns accounts that are gone */
export async function pruneAccounts(database: Pick<Database, 'run'>): Promise<number> {
  while ((await database.run(LET_GO, [])) === AT_ONCE);
  for (let gone = 0; ;) {
    const count = await database.run(PRUNE, []);
    gone += count;
    if (count < AT_ONCE) return gone;
  }
}
