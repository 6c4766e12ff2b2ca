import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetryBudget } from './retry-budget.js';

const WINDOW_MS = 10_000;

type Move = { readonly wait: number; readonly calls: number; readonly retries: number };
const moves = fc.array(fc.record({ wait: fc.nat(3_000), calls: fc.nat(30), retries: fc.nat(12) }), {
  maxLength: 60,
});

/** Plays moves; tells of every retry that was asked for, with the times of calls and of retries by then. */
function play(
  list: readonly Move[],
  ratio: number,
  judge: (granted: boolean, now: number, calls: readonly number[], retries: readonly number[]) => void,
): void {
  const budget = new RetryBudget();
  const calls: number[] = [];
  const retries: number[] = [];
  let now = 12_345;
  for (const move of list) {
    now += move.wait;
    for (let each = 0; each < move.calls; each++) {
      budget.countCall(now);
      calls.push(now);
    }
    for (let each = 0; each < move.retries; each++) {
      const granted = budget.take(ratio, now);
      judge(granted, now, calls, retries);
      if (granted) retries.push(now);
    }
  }
}

const second = (time: number): number => Math.floor(time / 1_000);

describe('the retry budget of a target', () => {
  it('is three, however few the calls', () => {
    const budget = new RetryBudget();
    budget.countCall(0);
    expect(Array.from({ length: 5 }, () => budget.take(0.2, 0))).toEqual([true, true, true, false, false]);
  });

  it('is a share of many calls', () => {
    const budget = new RetryBudget();
    for (let call = 0; call < 100; call++) budget.countCall(call * 50);
    const granted = Array.from({ length: 100 }, () => budget.take(0.2, 5_000)).filter(Boolean);
    expect(granted).toHaveLength(20);
  });

  it('is back when the window is over', () => {
    const budget = new RetryBudget();
    while (budget.take(0.2, 500));
    expect(budget.take(0.2, 10_999)).toBe(false);
    expect(budget.take(0.2, 11_000)).toBe(true);
  });

  it('holds in every window of ten seconds, wherever it begins: 1.2 of the calls, and 3', () => {
    fc.assert(
      fc.property(moves, fc.constantFrom(0, 0.1, 0.2, 1), (list, ratio) => {
        play(list, ratio, (granted, now, calls, retries) => {
          if (!granted) return;
          const inWindow = (time: number): boolean => time > now - WINDOW_MS;
          const made = retries.filter(inWindow).length + 1;
          if (made > Math.max(3, ratio * calls.filter(inWindow).length))
            throw new Error(`${made} retries of ${calls.filter(inWindow).length} calls`);
        });
      }),
    );
  });

  it('is what lists of times would grant', () => {
    fc.assert(
      fc.property(moves, fc.constantFrom(0, 0.1, 0.2, 1), (list, ratio) => {
        play(list, ratio, (granted, now, calls, retries) => {
          const counted = calls.filter((time) => second(time) > second(now) - 10).length;
          const made = retries.filter((time) => second(time) > second(now) - 11).length;
          if (granted !== made < Math.max(3, Math.floor(ratio * counted)))
            throw new Error(`${made} retries of ${counted} calls: ${granted}`);
        });
      }),
    );
  });
});
