import type { Budget } from '#contract';

/** A budget as it is kept: `{}` where it is cleared; undefined: it is not spoken of. */
export function storedBudget(body: Budget | null | undefined): object | undefined {
  if (body === undefined) return undefined;
  const { alerts } = body ?? {};
  return { ...body, ...(alerts && { alerts: alerts.map((alert) => ({ ...alert })) }) };
}

/** A budget as it is shown, with what nobody needs to say; null: there is none. */
export function shownBudget(stored: unknown): object | null {
  const { usd, period, mode = 'strict', ...rest } = (stored ?? {}) as Partial<Budget>;
  return usd === undefined ? null : { usd, period, mode, ...rest };
}
