import { printDollars } from '#metering';
import type { BudgetAccount } from '#metering';
import type { AccountDifference, BudgetAccountRow, Reconciliation, RollupDifference } from '#persistence';

export function accountView(row: BudgetAccountRow) {
  return {
    object: 'budget.account',
    ...nameView(row),
    ends_at: row.endsAt === undefined ? null : new Date(row.endsAt),
    spent_usd: signedDollars(row.spentNanos),
    reserved_usd: signedDollars(row.reservedNanos),
    withheld_usd: signedDollars(row.withheldNanos),
  };
}

function nameView({ kind, subject, period, startsAt }: BudgetAccount) {
  return { kind, subject, period, starts_at: new Date(startsAt) };
}

/** @param isRepaired was what differed put right? */
export function reconciliationView(found: Reconciliation, isRepaired: boolean) {
  return {
    object: 'budget.reconciliation',
    accounts: found.accounts,
    days: found.days,
    unchecked: found.unchecked,
    withheld_usd: signedDollars(found.withheldNanos),
    differences: found.differences.map(differenceView),
    rollups: found.rollups.map(rollupView),
    complete: found.isWhole,
    repaired: isRepaired,
  };
}

function differenceView({ account, column, was, is }: AccountDifference) {
  return { ...nameView(account), column, was_usd: signedDollars(was), is_usd: signedDollars(is) };
}

function rollupView({ rollup, start, of, column, was, is }: RollupDifference) {
  const { key_id: key, team_id: team, model, provider, upstream_model, operation } = of;
  return { rollup, start, key, team, model, provider, upstream_model, operation, column, was, is };
}

/** A counter that is wrong may be below zero. */
function signedDollars(nanos: bigint): string {
  return nanos < 0n ? `-${printDollars(-nanos)}` : printDollars(nanos);
}
