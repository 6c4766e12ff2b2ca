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

const ofEndUser = (column: string): string =>
  `FROM usage_record WHERE ${column} = owner AND coalesce(end_user, '') = person
  AND at >= counts_from AND (ends_at IS NULL OR at < ends_at)`;

/**
 * What end-users spent is not added up, so their accounts begin when they are first seen, and a little
 * before: calls come before they are drawn for, by clocks that differ. Records are charged by the minute of their `at`,
 * and it begins with one.
 */
const OPEN = `INSERT INTO budget_account (${NAME}, ends_at, counts_from, spent_nanos)
  SELECT ${NAME}, ends_at, counts_from, coalesce(CASE
    WHEN kind <> 'end_user' THEN ${SPENT_OF_DAYS}
    WHEN subject LIKE 'key:%' THEN (SELECT sum(cost_nanos) ${ofEndUser('key_id')})
    ELSE (SELECT sum(cost_nanos) ${ofEndUser('team_id')})
  END, 0)::bigint
  FROM (SELECT ${NAMED} FROM json_to_recordset($1::json) AS asked(${NAME_MEMBERS})) AS asked
  CROSS JOIN LATERAL (SELECT ${OWNER}, CASE kind
    WHEN 'end_user' THEN greatest(starts_at, date_bin('1 minute', now() - interval '5 minutes', 'epoch'))
    ELSE starts_at END AS counts_from) AS beginning
  ORDER BY ${NAME}
  ON CONFLICT (${NAME}) DO NOTHING`;

/** Makes the accounts that are not there, with what was spent already. @throws GatewayError */
export async function openAccounts(database: Database, accounts: readonly BudgetAccount[]): Promise<void> {
  await database.transaction(async (queries) => {
    await holdLedger(queries, 'SHARE');
    await queries.$executeRawUnsafe(OPEN, JSON.stringify(accounts.map(named)));
  });
}
