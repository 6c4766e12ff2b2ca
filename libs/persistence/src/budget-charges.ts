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
 * reserved from, or what became of those. Accounts are locked first, and in their order, as by everybody.
 */
export const CHARGE = `cost AS MATERIALIZED (
  SELECT kind, subject, date_bin('1 minute', at, 'epoch') AS minute, lease_holder, sum(cost_nanos) AS nanos
  FROM record CROSS JOIN LATERAL ${SUBJECTS}
  WHERE cost_nanos > 0 AND subject IS NOT NULL AND EXISTS (SELECT FROM budget_account)
  GROUP BY kind, subject, minute, lease_holder
), due AS MATERIALIZED (
  SELECT ${NAME}, lease_holder AS holder, sum(nanos)::bigint AS nanos
  FROM cost CROSS JOIN LATERAL ${PERIODS} JOIN budget_account USING (${NAME})
  WHERE minute >= counts_from
  GROUP BY ${NAME}, lease_holder
), account AS MATERIALIZED (
  SELECT ${NAME} FROM budget_account WHERE (${NAME}) IN (SELECT ${NAME} FROM due)
  ORDER BY ${NAME} FOR UPDATE
), used AS MATERIALIZED (
  SELECT ${nameOf('lease')}, lease.holder, lease.is_withheld, least(lease.nanos, due.nanos) AS nanos
  FROM account JOIN due USING (${NAME}) JOIN budget_lease lease USING (${NAME}, holder)
  ORDER BY ${nameOf('lease')}, lease.holder FOR UPDATE OF lease
), shrunk AS (
  UPDATE budget_lease lease SET nanos = lease.nanos - used.nanos
  FROM used WHERE ${isSame('lease', 'used')} AND lease.holder = used.holder
), charged AS (
  UPDATE budget_account charged SET spent_nanos = charged.spent_nanos + change.spent,
    reserved_nanos = charged.reserved_nanos - change.reserved,
    withheld_nanos = charged.withheld_nanos - change.withheld
  FROM (
    SELECT ${NAME}, sum(due.nanos)::bigint AS spent,
      coalesce(sum(used.nanos) FILTER (WHERE NOT is_withheld), 0)::bigint AS reserved,
      coalesce(sum(used.nanos) FILTER (WHERE is_withheld), 0)::bigint AS withheld
    FROM account JOIN due USING (${NAME}) LEFT JOIN used USING (${NAME}, holder)
    GROUP BY ${NAME}
  ) AS change WHERE ${isSame('charged', 'change')}
)`;
