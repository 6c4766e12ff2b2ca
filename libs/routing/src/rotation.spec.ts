import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rotation } from './rotation.js';

const keysFor = (weights: readonly number[]): object[] => weights.map((weight, at) => ({ weight, at }));

function rounds(rotation: Rotation, keys: readonly object[], weights: readonly number[], times: number) {
  return Array.from({ length: times }, () => rotation.choose(keys, weights));
}

describe('smooth weighted round-robin', () => {
  // nginx, commit 52327e0627f49dbda1e8db695e63a4b0af4448b1, has this example.
  it('spreads 5:1:1 as a a b a c a a', () => {
    const weights = [5, 1, 1];
    const chosen = rounds(new Rotation(), keysFor(weights), weights, 14);
    expect(chosen.map((at) => 'abc'[at]).join(' ')).toBe('a a b a c a a a a b a c a a');
  });

  it('gives each target its weight in every round, and comes back to where it began', () => {
    const weighted = fc.array(fc.nat(6), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(weighted, (weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const keys = keysFor(weights);
        const rotation = new Rotation();
        for (let round = 0; round < 3; round++) {
          const chosen = rounds(rotation, keys, weights, total);
          const counts = weights.map((_, at) => chosen.filter((each) => each === at).length);
          expect(counts).toEqual(weights);
          expect(keys.map((key) => rotation.currentOf(key))).toEqual(weights.map(() => 0));
        }
      }),
    );
  });

  it('never has a target wait for longer than its share makes it', () => {
    const weighted = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(weighted, (weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const chosen = rounds(new Rotation(), keysFor(weights), weights, total * 3);
        for (const [at, weight] of weights.entries()) {
          const places = chosen.flatMap((each, place) => (each === at ? [place] : []));
          const gaps = places.slice(1).map((place, before) => place - (places[before] ?? 0));
          // Smooth: twice the even distance, whatever the others are.
          expect(Math.max(0, ...gaps)).toBeLessThanOrEqual(Math.ceil((2 * total) / weight));
        }
      }),
    );
  });

  it('goes on with those that are left while one is away', () => {
    const keys = keysFor([1, 1, 1]);
    const rotation = new Rotation();
    rotation.choose(keys, [1, 1, 1]);
    const two = keys.slice(1);
    const chosen = rounds(rotation, two, [1, 1], 100);
    expect(chosen.filter((at) => at === 0)).toHaveLength(50);
  });

  it('forgets those that the model has no more', () => {
    const keys = keysFor([2, 1]);
    const rotation = new Rotation();
    rotation.choose(keys, [2, 1]);
    rotation.keep(keys.slice(0, 1));
    expect(keys.map((key) => rotation.currentOf(key))).toEqual([-1, 0]);
  });

  it('has nobody’s turn where nobody has a weight', () => {
    expect(new Rotation().choose(keysFor([0, 0]), [0, 0])).toBe(-1);
    expect(new Rotation().choose([], [])).toBe(-1);
  });
});
