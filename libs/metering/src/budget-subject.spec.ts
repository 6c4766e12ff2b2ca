import { describe, expect, it } from 'vitest';
import { callerBudgets, joinBudgets, subjectsFor, watchedBudget } from './budget-subject.js';
import type { CallerBudgets } from './budget-subject.js';

const DAILY = { usd: '5.25', period: 'day' };
const USERS = { usd: '0.000000001', period: 'month', mode: 'balanced' };
const key = { kind: 'key', id: 'key_1', budget: {}, endUserBudget: {} } as const;
const team = { kind: 'team', id: 'team_1', budget: {}, endUserBudget: {} } as const;

describe('who is told of a budget', () => {
  it.each([
    [{ ...DAILY, alerts: [{ at: 0.8, url: 'https://a' }] }, 1],
    [{ ...DAILY, alerts: [] }, 0],
    [DAILY, 0],
    [{}, 0],
    [{ alerts: [{ at: 0.8, url: 'https://a' }] }, 0],
  ])('of %j: %d', (budget, count) => {
    expect(watchedBudget({ ...team, budget })?.alerts ?? []).toHaveLength(count);
  });
});

describe('whose budgets calls count against', () => {
  it('is nobody, where there is no budget', () => {
    expect(callerBudgets(key)).toBeUndefined();
    expect(callerBudgets({ ...key, budget: { usd: 'much', period: 'day' } })).toBeUndefined();
    expect(callerBudgets({ ...key, budget: null })).toBeUndefined();
    expect(joinBudgets(undefined, undefined)).toBeUndefined();
  });

  it('is the key, and is strict if nobody says otherwise', () => {
    const budgets = joinBudgets(
      callerBudgets({ ...key, budget: DAILY }),
      callerBudgets(team),
    ) as CallerBudgets;
    const own = [{ kind: 'key', id: 'key_1', limitNanos: 5_250_000_000, period: 'day', mode: 'strict' }];
    expect(budgets).toEqual({ own, ofEndUsers: [] });
    expect(subjectsFor(budgets, 'anna')).toBe(budgets.own);
  });

  it.each([
    ['anna', 'key:key_1/anna', 'team:team_1/anna'],
    ['a/b', 'key:key_1/a/b', 'team:team_1/a/b'],
    ['nul\0', 'key:key_1/nul', 'team:team_1/nul'],
    ['x'.repeat(300), `key:key_1/${'x'.repeat(256)}`, `team:team_1/${'x'.repeat(256)}`],
    [null, 'key:key_1/', 'team:team_1/'],
  ])('is the end-user %j of a key and of a team, too', (user, ofKey, ofTeam) => {
    const budgets = joinBudgets(
      callerBudgets({ ...key, endUserBudget: USERS }),
      callerBudgets({ ...team, budget: DAILY, endUserBudget: USERS }),
    ) as CallerBudgets;
    const rest = { limitNanos: 1, period: 'month', mode: 'balanced' };
    expect(subjectsFor(budgets, user)).toEqual([
      { kind: 'team', id: 'team_1', limitNanos: 5_250_000_000, period: 'day', mode: 'strict' },
      { kind: 'end_user', id: ofKey, ...rest },
      { kind: 'end_user', id: ofTeam, ...rest },
    ]);
  });
});
