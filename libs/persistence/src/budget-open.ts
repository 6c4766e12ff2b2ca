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

/** The records of an account: of its subject, in its period, since it counts. */
const SUMS = {
  key: `FROM usage_day WHERE key_id = subject AND day >= counts_from AND (ends_at IS NULL OR day < ends_at)`,
  team: `FROM usage_day WHERE team_id = subject AND day >= counts_from AND (ends_at IS NULL OR day < ends_at)`,
};
const ofEndUser = (column: string): string =>
  `FROM usage_record WHERE ${column} = owner AND coalesce(end_user, '') = person
  AND at >= counts_from AND (ends_at IS NULL OR at < ends_at)`;

/**
 * Days are added up by key and team. End-users' are not, so their accounts begin when they are first seen, and a little
 * before: calls come before they are drawn for, by clocks that differ. Records are charged by the minute of their `at`,
 * and it begins with one.
 */
const OPEN = `INSERT INTO budget_account (${NAME}, ends_at, counts_from, spent_nanos)
  SELECT ${NAME}, ends_at, counts_from, coalesce(CASE
    WHEN kind = 'key' THEN (SELECT sum(cost_nanos) ${SUMS.key})
    WHEN kind = 'team' THEN (SELECT sum(cost_nanos) ${SUMS.team})
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
