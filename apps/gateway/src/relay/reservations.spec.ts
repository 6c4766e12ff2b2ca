import { describe, expect, it, vi } from 'vitest';
import { DEFAULT_TIMEOUTS } from '#contract';
import type { BudgetMode, BudgetSubject, Price } from '#contract';
import type { Asked } from '#metering';
import { Reservations } from './reservations.js';

const provider = { id: 'p', name: 'p', type: 'x', baseUrl: 'http://x', secret: undefined, headers: {} };
const stepOf = (price?: Price, reason = 'priority') =>
  ({ target: { provider, model: 'm', priority: 0, timeouts: DEFAULT_TIMEOUTS, price }, reason }) as never;
const planOf = (steps: never[], passedOver: never[] = []) =>
  ({ model: 'm', retry: { attempts: 1, budgetRatio: 0 }, steps, passedOver }) as never;
const CHEAP = { input: 1_000_000, output: 1_000_000 };
const DEAR = { input: 10_000_000, output: 10_000_000 };

const subject = (mode: BudgetMode, rest: Partial<BudgetSubject> = {}): BudgetSubject => ({
  kind: 'key',
  id: 'k',
  limitNanos: 1_000,
  period: 'day',
  mode,
  ...rest,
});
const reserve = vi.fn<(asked: readonly Asked[], at: number) => never>();
const reservations = new Reservations({ reserve });

function asked(plan: never, budgets: object | undefined, rest: object = {}): Asked[] {
  reserve.mockClear();
  const spans = { model: undefined, streamOptions: undefined, close: 0 };
  const value = { model: 'm', max_tokens: 20, user: 'anna', messages: [] };
  const request = { bytes: Buffer.alloc(100), value, spans };
  const call = { operation: 'chat', at: 7, request, caller: { budgets }, ...rest };
  reservations.reserve(call as never, plan);
  for (const [, at] of reserve.mock.calls) expect(at).toBe(7);
  return reserve.mock.calls.flatMap(([all]) => [...all]);
}

describe('what is reserved for a call', () => {
  it('is nothing, where nobody bounds what it costs, or it costs nothing', () => {
    const plan = planOf([stepOf(CHEAP)]);
    expect(asked(plan, undefined)).toEqual([]);
    expect(asked(plan, { own: [subject('strict')], ofEndUsers: [] }, { operation: 'count_tokens' })).toEqual(
      [],
    );
  });

  it('is in a strict budget the most it can cost at the dearest who may be asked', () => {
    const own = [subject('strict')];
    const budgets = { own, ofEndUsers: [] };
    expect(asked(planOf([stepOf(CHEAP)]), budgets)).toEqual([{ subject: own[0], nanos: 120 }]);
    expect(asked(planOf([stepOf(CHEAP), stepOf(DEAR)]), budgets)[0]?.nanos).toBe(1_200);
    expect(asked(planOf([stepOf(CHEAP)], [stepOf(DEAR, 'ejected')]), budgets)[0]?.nanos).toBe(1_200);
    expect(asked(planOf([stepOf(CHEAP)], [stepOf(DEAR, 'unsupported')]), budgets)[0]?.nanos).toBe(120);
  });

  it('is refused where one of them has no price', () => {
    const plan = planOf([stepOf(CHEAP), stepOf()]);
    expect(() => asked(plan, { own: [subject('strict')], ofEndUsers: [] })).toThrow(/no price/);
  });

  it('is in a balanced budget what it will probably cost at the first', () => {
    const budgets = { own: [subject('balanced')], ofEndUsers: [] };
    expect(asked(planOf([stepOf(CHEAP), stepOf(DEAR)]), budgets)[0]?.nanos).toBe(45);
    expect(asked(planOf([stepOf(), stepOf(DEAR)]), budgets)[0]?.nanos).toBe(0);
    expect(asked(planOf([]), budgets)[0]?.nanos).toBe(0);
  });

  it('is in a balanced budget no more for a call that names far more than it gets', () => {
    const budgets = { own: [subject('balanced')], ofEndUsers: [] };
    const value = { model: 'm', max_tokens: 60_000, messages: [] };
    const request = { bytes: Buffer.alloc(100), value };
    expect(asked(planOf([stepOf(CHEAP)]), budgets, { request })[0]?.nanos).toBe(525);
  });

  it('is in each budget by its own mode, that of the end-user included', () => {
    const users = subject('balanced', { kind: 'end_user', id: 'key:k/' });
    const all = asked(planOf([stepOf(CHEAP)]), { own: [subject('strict')], ofEndUsers: [users] });
    expect(all.map(({ subject: { id }, nanos }) => [id, nanos])).toEqual([
      ['k', 120],
      ['key:k/anna', 45],
    ]);
  });
});
