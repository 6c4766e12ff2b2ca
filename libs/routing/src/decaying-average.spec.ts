import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecayingAverage } from './decaying-average.js';

describe('a decaying average', () => {
  it('is unknown before the first sample', () => {
    expect(new DecayingAverage().value).toBeUndefined();
  });

  it('counts a sample half after its half-life', () => {
    const average = new DecayingAverage(1_000);
    average.add(100, 1, 5_000);
    average.add(400, 1, 6_000);
    expect(average.value).toBeCloseTo((100 * 0.5 + 400) / 1.5, 9);
  });

  it('counts samples of one moment alike', () => {
    const average = new DecayingAverage();
    for (const each of [1, 2, 6]) average.add(each, 1, 77);
    expect(average.value).toBe(3);
  });

  it('is of all amounts over all weights', () => {
    const average = new DecayingAverage();
    average.add(100, 1, 0);
    average.add(100, 9, 0);
    expect(average.value).toBe(20);
  });

  it('forgets what was long ago', () => {
    const average = new DecayingAverage(1_000);
    for (let at = 0; at < 100; at++) average.add(1_000_000, 1, at);
    average.add(5, 1, 10_000_000);
    expect(average.value).toBeCloseTo(5, 6);
  });

  it('is what the sum over all samples would be', () => {
    const sample = fc.tuple(fc.nat(5_000), fc.nat(1_000), fc.integer({ min: 1, max: 50 }));
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 50 }), (samples) => {
        const average = new DecayingAverage(2_000);
        let now = 0;
        const seen = samples.map(([wait, amount, weight]) => {
          now += wait;
          average.add(amount, weight, now);
          return { amount, weight, at: now };
        });
        const kept = (at: number): number => 0.5 ** ((now - at) / 2_000);
        const total = seen.reduce((sum, each) => sum + each.amount * kept(each.at), 0);
        const weight = seen.reduce((sum, each) => sum + each.weight * kept(each.at), 0);
        expect(average.value).toBeCloseTo(total / weight, 6);
      }),
    );
  });
});
