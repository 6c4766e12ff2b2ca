import { GatewayError } from '#contract';
import type { BudgetPeriod, BudgetSubject } from '#contract';
import { periodAt } from './budget-period.js';
import { printDollars } from './price-text.js';

const EVERY: Readonly<Record<BudgetPeriod, string>> = {
  total: 'in total',
  day: 'a day',
  week: 'a week',
  month: 'a month',
};

/** What a call is told for which a budget has no room. @param at when the call came in, in milliseconds since 1970 */
export function refuseSpent(subject: BudgetSubject, nanos: number, at: number): GatewayError {
  const { limitNanos, period, mode } = subject;
  const { endsAt } = periodAt(period, at);
  const size = `${printDollars(limitNanos)} US dollars ${EVERY[period]}`;
  const state = mode === 'strict' ? ` has no room for a call of up to ${printDollars(nanos)}` : ' is spent';
  const next = endsAt === undefined ? '' : ` It begins anew at ${new Date(endsAt).toISOString()}.`;
  return new GatewayError('insufficient_quota', {
    message: `The budget of ${nameOf(subject)}, ${size},${state}.${next}`,
  });
}

/** An end-user's id is `key:<id>/<user>`. */
function nameOf({ kind, id }: BudgetSubject): string {
  if (kind !== 'end_user') return `the ${kind} '${id}'`;
  const [, owner = '', ownerId = '', user = ''] = /^(key|team):([^/]*)\/(.*)$/s.exec(id) ?? [];
  const whose = user === '' ? 'calls that name no user' : `the user '${user}'`;
  return `${whose} of the ${owner} '${ownerId}'`;
}
