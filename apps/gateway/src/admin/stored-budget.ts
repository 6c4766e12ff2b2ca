import type { Budget } from '#contract';
import { ADMINS } from '../auth/caller.js';
import type { Caller } from '../auth/caller.js';

/** A budget as it is kept: `{}` where it is cleared; undefined: it is not spoken of. */
export function storedBudget(body: Budget | null | undefined): object | undefined {
  if (body === undefined) return undefined;
  const { alerts } = body ?? {};
  return { ...body, ...(alerts && { alerts: alerts.map((alert) => ({ ...alert })) }) };
}

/** A budget as it is shown to a caller, with what nobody needs to say; null: there is none. */
export function shownBudget(stored: unknown, { role }: Pick<Caller, 'role'>): object | null {
  const budget = (stored ?? {}) as Partial<Budget>;
  const { usd, period, mode = 'strict', ...rest } = ADMINS.includes(role) ? budget : hideReceivers(budget);
  return usd === undefined ? null : { usd, period, mode, ...rest };
}

/** The URL of a receiver may hold what lets its reader post there: what is left is where it is. */
export function hideReceivers<Of extends Partial<Budget>>(budget: Of): Of {
  const { alerts } = budget;
  if (!alerts) return budget;
  return { ...budget, alerts: alerts.map(({ at, url }) => ({ at, url: `${new URL(url).origin}/…` })) };
}
