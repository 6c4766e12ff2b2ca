import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlidingCount } from './sliding-count.js';

const step = fc.record({ wait: fc.nat(4_000), count: fc.nat(3), seconds: fc.integer({ min: 1, max: 7 }) });

describe('what happened lately', () => {
  it('is counted as a list of times would count it', () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.array(step), (start, steps) => {
        const count = new SlidingCount(7);
        const times: number[] = [];
        let now = start;
        for (const { wait, count: some, seconds } of steps) {
          now += wait;
          for (let each = 0; each < some; each++) {
            count.add(now);
            times.push(now);
          }
          const first = Math.floor(now / 1_000) - seconds + 1;
          const expected = times.filter((time) => Math.floor(time / 1_000) >= first).length;
          expect(count.sum(now, seconds)).toBe(expected);
        }
      }),
    );
  });

  it('stands still while the clock goes back', () => {
    const count = new SlidingCount(2);
    count.add(5_000);
    count.add(1_000);
    expect(count.sum(900)).toBe(2);
    expect(count.sum(6_999)).toBe(2);
    expect(count.sum(7_000)).toBe(0);
  });

  it('is nothing once it is cleared', () => {
    const count = new SlidingCount(3);
    count.add(1_000);
    count.clear();
    expect(count.sum(1_000)).toBe(0);
  });
});
