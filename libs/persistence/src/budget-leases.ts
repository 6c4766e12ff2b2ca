import type { BudgetAccount } from '#metering';
import { isSame, NAME, NAMED, NAME_MEMBERS, named, nameOf } from './budget-account-name.js';
import { LEASE_LIFE } from './budget-draw.js';
import type { Database } from './database.js';

/** More than any lease has. */
const MOST = '9223372036854775807';

/** What is given back of leases: what they have at most. An empty one stays until it expires. */
const giveBackOf = (parts: string): string => `WITH part AS MATERIALIZED (
  ${parts}
), account AS MATERIALIZED (
  SELECT ${nameOf('account')}, part.nanos FROM budget_account account JOIN part USING (${NAME})
  ORDER BY ${nameOf('account')} FOR UPDATE OF account
), back AS MATERIALIZED (
  SELECT ${nameOf('lease')}, lease.is_withheld, least(lease.nanos, account.nanos) AS nanos
  FROM account JOIN budget_lease lease USING (${NAME}) WHERE lease.holder = $1
  ORDER BY ${nameOf('lease')} FOR UPDATE OF lease
), changed AS (
  UPDATE budget_account account SET
    reserved_nanos = account.reserved_nanos - CASE WHEN is_withheld THEN 0 ELSE nanos END,
    withheld_nanos = account.withheld_nanos - CASE WHEN is_withheld THEN nanos ELSE 0 END
  FROM back WHERE ${isSame('account', 'back')}
)
UPDATE budget_lease lease SET nanos = lease.nanos - back.nanos
FROM back WHERE ${isSame('lease', 'back')} AND lease.holder = $1`;

const GIVE_BACK = giveBackOf(
  `SELECT ${NAMED}, nanos FROM json_to_recordset($2::json) AS part(${NAME_MEMBERS}, nanos bigint)`,
);
const GIVE_ALL_BACK = giveBackOf(`SELECT ${NAME}, ${MOST} AS nanos FROM budget_lease WHERE holder = $1`);

/** No account is asked, so none is locked. What is empty is let go of. */
const RENEW = `WITH mine AS MATERIALIZED (
  SELECT ${NAME} FROM budget_lease WHERE holder = $1 AND nanos > 0 AND NOT is_withheld
  ORDER BY ${NAME} FOR UPDATE
), renewed AS (
  UPDATE budget_lease lease SET expires_at = now() + ${LEASE_LIFE}
  FROM mine WHERE ${isSame('lease', 'mine')} AND lease.holder = $1
)
SELECT count(*)::int AS withheld FROM budget_lease WHERE holder = $1 AND nanos > 0 AND is_withheld`;

/** Whoever was taken for dead, and is not, has its leases back. */
const REVIVE = `WITH account AS MATERIALIZED (
  SELECT ${NAME} FROM budget_account WHERE (${NAME}) IN (
    SELECT ${NAME} FROM budget_lease WHERE holder = $1 AND is_withheld)
  ORDER BY ${NAME} FOR UPDATE
), mine AS MATERIALIZED (
  SELECT ${nameOf('lease')}, lease.nanos
  FROM account JOIN budget_lease lease USING (${NAME}) WHERE lease.holder = $1 AND lease.is_withheld
  ORDER BY ${nameOf('lease')} FOR UPDATE OF lease
), changed AS (
  UPDATE budget_account account
  SET reserved_nanos = account.reserved_nanos + nanos, withheld_nanos = account.withheld_nanos - nanos
  FROM mine WHERE ${isSame('account', 'mine')}
)
UPDATE budget_lease lease SET is_withheld = false, expires_at = now() + ${LEASE_LIFE}
FROM mine WHERE ${isSame('lease', 'mine')} AND lease.holder = $1`;

/** @param parts of accounts, each named once @throws GatewayError */
export async function giveLeasesBack(
  database: Database,
  holder: string,
  parts: readonly { readonly account: BudgetAccount; readonly nanos: number }[],
): Promise<void> {
  const rows = parts.map(({ account, nanos }) => ({ ...named(account), nanos }));
  await database.run(GIVE_BACK, [holder, JSON.stringify(rows)]);
}

/** All that a holder has. @throws GatewayError */
export async function giveAllLeasesBack(database: Database, holder: string): Promise<void> {
  await database.run(GIVE_ALL_BACK, [holder]);
}

/** @throws GatewayError */
export async function renewLeases(database: Database, holder: string): Promise<void> {
  const [row] = await database.query<{ withheld: number }>(RENEW, [holder]);
  if (row && row.withheld > 0) await database.run(REVIVE, [holder]);
}
