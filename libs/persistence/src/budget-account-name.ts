import type { BudgetAccount } from '#metering';

/** What an account is found by. Whoever locks several does so in this order, so that nobody waits in a circle. */
export const NAME = 'kind, subject, period, starts_at';

/** The same, of a table. */
export const nameOf = (table: string): string =>
  NAME.split(', ')
    .map((column) => `${table}.${column}`)
    .join(', ');

/** Are rows of two tables of one account? */
export const isSame = (one: string, other: string): string => `(${nameOf(one)}) = (${nameOf(other)})`;

/** The columns of `NAME`, and `ends_at`, of members of a parameter. */
export const NAMED = `kind, subject, period, ${timeOf('startsAt')} AS starts_at, ${timeOf('endsAt')} AS ends_at`;
export const NAME_MEMBERS = `kind text, subject text, period text, "startsAt" bigint, "endsAt" bigint`;

function timeOf(member: string): string {
  return `'epoch'::timestamptz + "${member}" * interval '1 millisecond'`;
}

/** An account as a part of a JSON parameter. */
export function named({ kind, subject, period, startsAt, endsAt }: BudgetAccount): object {
  return { kind, subject, period, startsAt, endsAt };
}

export interface AccountColumns {
  readonly kind: string;
  readonly subject: string;
  readonly period: string;
  readonly starts_at: Date;
  readonly ends_at: Date | null;
}

export function toAccount(row: AccountColumns): BudgetAccount {
  const { kind, subject, period, starts_at: startsAt, ends_at: endsAt } = row;
  return {
    kind: kind as BudgetAccount['kind'],
    subject,
    period: period as BudgetAccount['period'],
    startsAt: startsAt.getTime(),
    endsAt: endsAt?.getTime(),
  };
}
