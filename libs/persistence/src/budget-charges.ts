import { isSame, NAME, nameOf } from './budget-account-name.js';

/** The columns of a record, beside those that are added up, that say which accounts it is charged to. */
export const CHARGED: readonly string[] = ['end_user', 'lease_holder'];

/** What can be charged for a call, as `BudgetSubject` names it. */
const SUBJECTS = `(VALUES
    ('key', key_id),
    ('team', team_id),
    ('end_user', 'key:' || key_id || '/' || coalesce(end_user, '')),
    ('end_user', 'team:' || team_id || '/' || coalesce(end_user, ''))
  ) AS charged(kind, subject)`;

/** The periods that a call at that minute is in. */
const PERIODS = `(VALUES
    ('total', 'epoch'::timestamptz),
    ('day', date_trunc('day', minute, 'UTC')),
    ('week', date_trunc('week', minute, 'UTC')),
    ('month', date_trunc('month', minute, 'UTC'))
  ) AS span(period, starts_at)`;

/**
 * Charges the records of the query `record` to the accounts that are there, and takes it from the leases they were
 * reserved from, or what became of those. Accounts are locked first, and in their order, as by everybody. No two of
 * its own queries are joined: nothing is known of how many rows they have.
 */
export const CHARGE = `cost AS MATERIALIZED (
  SELECT kind, subject, minute, lease_holder, sum(nanos) AS nanos
  FROM (
    SELECT key_id, team_id, end_user, date_bin('1 minute', at, 'epoch') AS minute, lease_holder,
      sum(cost_nanos) AS nanos
    FROM record WHERE cost_nanos > 0 AND EXISTS (SELECT FROM budget_account) GROUP BY 1, 2, 3, 4, 5
  ) AS call CROSS JOIN LATERAL ${SUBJECTS}
  WHERE subject IS NOT NULL GROUP BY 1, 2, 3, 4
), due AS MATERIALIZED (
  SELECT ${NAME}, sum(nanos)::bigint AS nanos, array_agg(lease_holder) AS holders, array_agg(nanos) AS parts
  FROM (
    SELECT ${NAME}, lease_holder, sum(nanos)::bigint AS nanos
    FROM cost CROSS JOIN LATERAL ${PERIODS} JOIN budget_account USING (${NAME})
    WHERE minute >= counts_from GROUP BY ${NAME}, lease_holder
  ) AS part GROUP BY ${NAME}
), account AS MATERIALIZED (
  SELECT ${nameOf('account')}, due.nanos, due.holders, due.parts FROM budget_account account JOIN due USING (${NAME})
  ORDER BY ${nameOf('account')} FOR UPDATE OF account
), used AS MATERIALIZED (
  SELECT ${nameOf('lease')}, lease.holder, lease.is_withheld, least(lease.nanos, part.nanos) AS nanos
  FROM account CROSS JOIN LATERAL unnest(holders, parts) AS part(holder, nanos)
  JOIN budget_lease lease ON ${isSame('lease', 'account')} AND lease.holder = part.holder
  ORDER BY ${nameOf('lease')}, lease.holder FOR UPDATE OF lease
), shrunk AS (
  UPDATE budget_lease lease SET nanos = lease.nanos - used.nanos
  FROM used WHERE ${isSame('lease', 'used')} AND lease.holder = used.holder
), charged AS (
  UPDATE budget_account account SET spent_nanos = account.spent_nanos + change.spent,
    reserved_nanos = account.reserved_nanos - change.reserved,
    withheld_nanos = account.withheld_nanos - change.withheld
  FROM (
    SELECT ${NAME}, sum(spent)::bigint AS spent, sum(reserved)::bigint AS reserved, sum(withheld)::bigint AS withheld
    FROM (
      SELECT ${NAME}, nanos AS spent, 0 AS reserved, 0 AS withheld FROM account
      UNION ALL SELECT ${NAME}, 0, CASE WHEN is_withheld THEN 0 ELSE nanos END, CASE WHEN is_withheld THEN nanos ELSE 0 END
      FROM used
    ) AS part GROUP BY ${NAME}
  ) AS change WHERE ${isSame('account', 'change')}
)`;
