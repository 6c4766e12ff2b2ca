import type { BudgetAccount } from '#metering';
import { NAME, NAMED, NAME_MEMBERS, named } from './budget-account-name.js';
import type { Database, Queries } from './database.js';

/**
 * Waits for the inserts of records that go on, and lets none begin: their statements look for accounts as of when they
 * began. `ONLY`: they all come through the whole table, and its parts are vacuumed by and by.
 */
export async function holdLedger(queries: Queries, mode: 'SHARE' | 'SHARE ROW EXCLUSIVE'): Promise<void> {
  await queries.$executeRawUnsafe(`LOCK TABLE ONLY usage_record IN ${mode} MODE`);
}

/** Of an end-user's account, from `key:<owner>/<user>`: whose end-user, and which. */
export const OWNER = `substr(split_part(subject, '/', 1), strpos(subject, ':') + 1) AS owner,
  substr(subject, strpos(subject, '/') + 1) AS person`;

const ofDays = (kind: 'key' | 'team'): string =>
  `(SELECT sum(cost_nanos) FROM usage_day
    WHERE ${kind}_id = subject AND day >= counts_from AND (ends_at IS NULL OR day < ends_at))`;

/** What a key or a team spent in the time of an account: days are added up by both. */
export const SPENT_OF_DAYS = `CASE kind WHEN 'key' THEN ${ofDays('key')} WHEN 'team' THEN ${ofDays('team')} END`;

/** What a key's or a team's end-users spent just now: its records are read once, however many of them are new. */
const ofEndUsers = (kind: 'key' | 'team'): string => `recent_of_${kind} AS MATERIALIZED (
  SELECT owner, coalesce(end_user, '') AS person, at, cost_nanos
  FROM (SELECT DISTINCT owner FROM asked WHERE kind = 'end_user' AND subject LIKE '${kind}:%') AS one
  JOIN usage_record ON ${kind}_id = owner AND cost_nanos > 0
  WHERE at >= (SELECT min(counts_from) FROM asked WHERE kind = 'end_user')
), called_by_${kind} AS MATERIALIZED (
  SELECT ${NAME}, sum(cost_nanos) AS spent FROM asked JOIN recent_of_${kind} USING (owner, person)
  WHERE kind = 'end_user' AND subject LIKE '${kind}:%' AND at >= counts_from AND (ends_at IS NULL OR at < ends_at)
  GROUP BY ${NAME}
)`;

/**
 * What end-users spent is not added up, so their accounts begin when they are first seen, and a little
 * before: calls come before they are drawn for, by clocks that differ. Records are charged by the minute of their `at`,
 * and it begins with one.
 */
const OPEN = `WITH asked AS MATERIALIZED (
  SELECT ${NAME}, ends_at, ${OWNER}, CASE kind
    WHEN 'end_user' THEN greatest(starts_at, date_bin('1 minute', now() - interval '5 minutes', 'epoch'))
    ELSE starts_at END AS counts_from
  FROM (SELECT ${NAMED} FROM json_to_recordset($1::json) AS named(${NAME_MEMBERS})) AS named
), ${ofEndUsers('key')}, ${ofEndUsers('team')}
INSERT INTO budget_account (${NAME}, ends_at, counts_from, spent_nanos)
  SELECT ${NAME}, ends_at, counts_from, coalesce(CASE kind
    WHEN 'end_user' THEN coalesce(called_by_key.spent, called_by_team.spent) ELSE ${SPENT_OF_DAYS}
  END, 0)::bigint
  FROM asked LEFT JOIN called_by_key USING (${NAME}) LEFT JOIN called_by_team USING (${NAME})
  ORDER BY ${NAME}
  ON CONFLICT (${NAME}) DO NOTHING`;

/** Makes the accounts that are not there, with what was spent already. @throws GatewayError */
export async function openAccounts(database: Database, accounts: readonly BudgetAccount[]): Promise<void> {
  await database.transaction(async (queries) => {
    await holdLedger(queries, 'SHARE');
    await queries.$executeRawUnsafe(OPEN, JSON.stringify(accounts.map(named)));
  });
}
