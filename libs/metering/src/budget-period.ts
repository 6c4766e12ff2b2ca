import type { BudgetPeriod } from '#contract';

/** `[startsAt, endsAt)` in milliseconds since 1970, UTC. The total starts at 0 and ends never. */
export interface Period {
  readonly startsAt: number;
  readonly endsAt: number | undefined;
}

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** The first Monday after 1970 began, on a Thursday. */
const A_MONDAY = 4 * DAY_MS;

const TOTAL: Period = { startsAt: 0, endsAt: undefined };

/** The period of a budget in which the moment `at` lies. */
export function periodAt(period: BudgetPeriod, at: number): Period {
  if (period === 'total') return TOTAL;
  if (period === 'month') return monthAt(at);
  const length = period === 'day' ? DAY_MS : WEEK_MS;
  const origin = period === 'day' ? 0 : A_MONDAY;
  const startsAt = Math.floor((at - origin) / length) * length + origin;
  return { startsAt, endsAt: startsAt + length };
}

function monthAt(at: number): Period {
  const date = new Date(at);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { startsAt: Date.UTC(year, month), endsAt: Date.UTC(year, month + 1) };
}
