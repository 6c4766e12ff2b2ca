import { describe, expect, it } from 'vitest';
import { BUDGET_PERIODS } from '#contract';
import type { BudgetPeriod } from '#contract';
import { periodAt } from './budget-period.js';

describe('the period of a budget', () => {
  it.each<[BudgetPeriod, string, string, string]>([
    ['day', '2026-11-26T03:47:16.123Z', '2026-11-26', '2026-11-27'],
    ['day', '2026-11-26T00:00:00.000Z', '2026-11-26', '2026-11-27'],
    ['day', '2026-11-26T23:59:59.999Z', '2026-11-26', '2026-11-27'],
    ['day', '2028-02-28T12:00:00Z', '2028-02-28', '2028-02-29'],
    ['day', '2028-02-29T12:00:00Z', '2028-02-29', '2028-03-01'],
    // Clocks are put forward and back on these days, elsewhere.
    ['day', '2026-03-29T12:00:00Z', '2026-03-29', '2026-03-30'],
    ['day', '2026-10-25T12:00:00Z', '2026-10-25', '2026-10-26'],
    ['week', '2026-11-23T00:00:00Z', '2026-11-23', '2026-11-30'],
    ['week', '2026-11-29T23:59:59.999Z', '2026-11-23', '2026-11-30'],
    ['week', '2027-01-01T00:00:00Z', '2026-12-28', '2027-01-04'],
    ['week', '2028-02-29T12:00:00Z', '2028-02-28', '2028-03-06'],
    ['month', '2026-11-30T23:59:59.999Z', '2026-11-01', '2026-12-01'],
    ['month', '2026-12-31T23:59:59.999Z', '2026-12-01', '2027-01-01'],
    ['month', '2027-02-28T00:00:00Z', '2027-02-01', '2027-03-01'],
    ['month', '2028-02-29T00:00:00Z', '2028-02-01', '2028-03-01'],
  ])('%s at %s: from %s until %s', (period, at, start, end) => {
    expect(periodAt(period, Date.parse(at))).toEqual({
      startsAt: Date.parse(start),
      endsAt: Date.parse(end),
    });
  });

  it('of a total starts at 0, and never ends', () => {
    expect(periodAt('total', Date.parse('2026-11-26'))).toEqual({ startsAt: 0, endsAt: undefined });
  });

  it('that ends is where the next one begins, for twenty years', () => {
    for (const period of BUDGET_PERIODS) {
      if (period === 'total') continue;
      for (let at = Date.UTC(2020, 0); at < Date.UTC(2040, 0);) {
        const { startsAt, endsAt = 0 } = periodAt(period, at);
        expect(startsAt).toBe(at === Date.UTC(2020, 0) ? startsAt : at);
        expect(periodAt(period, endsAt - 1)).toEqual({ startsAt, endsAt });
        if (period === 'week') expect(new Date(startsAt).getUTCDay()).toBe(1);
        at = endsAt;
      }
    }
  });
});
