import type { Queries } from './database.js';

/** A threshold that somebody is to be told of. */
export interface WatchedThreshold {
  readonly kind: string;
  readonly id: string;
  readonly period: string;
  /** What was spent when it is passed, in nano-dollars. */
  readonly nanos: number;
  /** The same as a part of the budget. */
  readonly at: number;
  readonly url: string;
}

/** A threshold that was passed, and is to be told now. */
export interface ClaimedAlert {
  readonly kind: string;
  readonly id: string;
  readonly period: string;
  readonly startsAt: Date;
  readonly passedAt: Date;
  readonly at: number;
  readonly url: string;
  /** With this one. */
  readonly attempts: number;
  /** By now; null: the account is gone. */
  readonly spentNanos: bigint | null;
}

/** Writes down what is passed by `now` and was not yet: each threshold once in a period. @returns how many */
export function passThresholds(
  queries: Queries,
  watched: readonly WatchedThreshold[],
  now: Date,
): Promise<number> {
  if (watched.length === 0) return Promise.resolve(0);
  return queries.$executeRaw`
    INSERT INTO budget_alert (kind, subject, period, starts_at, at, url, passed_at, next_attempt_at)
    SELECT account.kind, account.subject, account.period, account.starts_at, watched.at, watched.url, ${now}, ${now}
    FROM jsonb_to_recordset(${JSON.stringify(watched)}::jsonb)
      AS watched(kind text, id text, period text, nanos bigint, at double precision, url text)
    JOIN budget_account account
      ON account.kind = watched.kind AND account.subject = watched.id AND account.period = watched.period
    WHERE account.starts_at <= ${now} AND (account.ends_at IS NULL OR account.ends_at > ${now})
      AND account.spent_nanos >= watched.nanos
    ON CONFLICT DO NOTHING`;
}

/**
 * Forgets what is passed no more, since the budget was raised: it is told anew when it is passed again. Not what was
 * passed in the last ten minutes: whoever has not heard of the change would write it down again.
 */
export function forgetThresholds(
  queries: Queries,
  watched: readonly WatchedThreshold[],
  now: Date,
): Promise<number> {
  if (watched.length === 0) return Promise.resolve(0);
  return queries.$executeRaw`
    DELETE FROM budget_alert alert
    USING jsonb_to_recordset(${JSON.stringify(watched)}::jsonb)
        AS watched(kind text, id text, period text, nanos bigint, at double precision, url text),
      budget_account account
    WHERE (alert.kind, alert.subject, alert.period, alert.at, alert.url)
        = (watched.kind, watched.id, watched.period, watched.at, watched.url)
      AND (account.kind, account.subject, account.period, account.starts_at)
        = (alert.kind, alert.subject, alert.period, alert.starts_at)
      AND account.spent_nanos < watched.nanos AND alert.passed_at < ${now}::timestamptz - interval '10 minutes'`;
}

/**
 * Takes alerts that are due, for this process alone. Each is due again when its turn comes, by then it was sent or was
 * not: after 30 s, 1, 2, 5, 15, 30 and 60 minutes; the eighth attempt is the last.
 */
export function claimAlerts(queries: Queries, limit: number, now: Date): Promise<ClaimedAlert[]> {
  return queries.$queryRaw<ClaimedAlert[]>`
    WITH due AS (
      SELECT kind, subject, period, starts_at, at, url FROM budget_alert
      WHERE next_attempt_at <= ${now} ORDER BY next_attempt_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )
    UPDATE budget_alert alert SET
      attempts = alert.attempts + 1,
      next_attempt_at = ${now}::timestamptz
        + (ARRAY[30, 60, 120, 300, 900, 1800, 3600])[alert.attempts + 1] * interval '1 second'
    FROM due
    WHERE (alert.kind, alert.subject, alert.period, alert.starts_at, alert.at, alert.url)
      = (due.kind, due.subject, due.period, due.starts_at, due.at, due.url)
    RETURNING alert.kind, alert.subject AS id, alert.period, alert.starts_at AS "startsAt",
      alert.passed_at AS "passedAt", alert.at, alert.url, alert.attempts, (SELECT spent_nanos FROM budget_account account
        WHERE (account.kind, account.subject, account.period, account.starts_at)
          = (alert.kind, alert.subject, alert.period, alert.starts_at)) AS "spentNanos"`;
}

/** It was sent, or nobody wants it any more (`sentAt` null). */
export async function settleAlert(queries: Queries, alert: ClaimedAlert, sentAt: Date | null): Promise<void> {
  const { kind, id: subject, period, startsAt, at, url } = alert;
  await queries.budgetAlert.updateMany({
    where: { kind, subject, period, startsAt, at, url },
    data: { sentAt, nextAttemptAt: null },
  });
}
