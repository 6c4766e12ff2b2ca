import { describe, expect, it } from 'vitest';
import { SlidingSum } from './sliding-sum.js';

describe('SlidingSum', () => {
  it('holds what was added until the last moment of its slot is 60 seconds away', () => {
    const sum = new SlidingSum();
    sum.add(3, 150);
    sum.add(4, 199);
    sum.add(5, 200);
    expect([199, 60_199, 60_200, 60_299, 60_300].map((now) => sum.total(now))).toEqual([12, 12, 5, 5, 0]);
  });

  it.each([
    ['there is room', 1, 13, 0],
    ['the first must go', 1, 12, 60_100 - 1_000],
    ['the first two', 8, 12, 60_200 - 1_000],
    ['all', 12, 12, 61_000 - 1_000],
    ['all, for more than there ever is', 99, 12, 61_000 - 1_000],
  ])('says how long to wait where %s', (_, amount, most, wait) => {
    const sum = new SlidingSum();
    sum.add(3, 0);
    sum.add(5, 100);
    sum.add(4, 900);
    expect(sum.waitFor(amount, most, 1_000)).toBe(wait);
    expect(sum.waitFor(Math.min(amount, most), most, 1_000 + wait)).toBe(0);
  });

  it('takes back where it was added, no more than that, and nothing that is forgotten', () => {
    const sum = new SlidingSum();
    sum.add(10, 0);
    sum.add(5, 30_000);
    sum.takeBack(4, 0);
    expect(sum.total(30_000)).toBe(11);
    sum.takeBack(100, 30_000);
    expect(sum.total(30_000)).toBe(6);
    expect(sum.total(60_100)).toBe(0);
    sum.takeBack(6, 0);
    expect(sum.total(60_100)).toBe(0);
  });

  it('stands still where its clock goes back', () => {
    const sum = new SlidingSum();
    sum.add(1, 5_000);
    sum.add(1, 1_000);
    expect([sum.total(65_099), sum.total(65_100)]).toEqual([2, 0]);
  });

  it('holds no more than a number for each slot', () => {
    const sum = new SlidingSum();
    for (let now = 0; now < 200_000; now++) sum.add(1, now);
    expect(sum.total(200_000)).toBe(60_000);
    expect(JSON.stringify(sum).length).toBeLessThan(20_000);
  });
});
