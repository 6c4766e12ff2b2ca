import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS } from '#contract';
import { expectedCost } from './expected-call.js';
import { Rotation } from './rotation.js';
import { orderTargets } from './strategies.js';
import type { Candidate } from './strategies.js';
import { TargetState } from './target-state.js';

const USAGE = { promptTokens: 70, completionTokens: 30, images: 0, audioSeconds: 0, characters: 0 };
const CALL = { streamed: true, expectedUsage: () => USAGE };

const amount = fc.integer({ min: 0, max: 9 });
const traits = fc.record({
  priority: fc.nat(2),
  weight: fc.option(amount, { nil: undefined }),
  inFlight: amount,
  firstTokenMs: fc.option(fc.nat(5), { nil: undefined }),
  price: fc.option(fc.record({ input: fc.nat(3), output: fc.nat(3) }), { nil: undefined }),
});
const candidates = fc.array(traits, { maxLength: 7 }).map((list) =>
  list.map(({ inFlight, firstTokenMs, ...rest }, at): Candidate => {
    const provider = { id: 'p', name: 'p', type: 'x', baseUrl: 'http://x', secret: undefined, headers: {} };
    const model = String(at);
    const state = new TargetState(provider, model);
    state.inFlight = inFlight;
    if (firstTokenMs !== undefined) state.firstToken.add(firstTokenMs, 1, 0);
    return { target: { provider, model, timeouts: DEFAULT_TIMEOUTS, ...rest }, state };
  }),
);
const falls = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
  minLength: 30,
  maxLength: 30,
});

const weight = ({ target }: Candidate): number => target.weight ?? 1;
const load = (each: Candidate): number => each.state.inFlight / (weight(each) || 1);
const models = (list: readonly Candidate[]): string[] => list.map(({ target }) => target.model);

/** Draws from a line on which each target has as many marks as its weight. */
function drawn(list: readonly Candidate[], dice: readonly number[]): Candidate[] {
  const order: Candidate[] = [];
  const rolls = [...dice];
  for (;;) {
    const left = list.filter((each) => weight(each) > 0 && !order.includes(each));
    const marks = left.flatMap((each) => Array.from({ length: weight(each) }, () => each));
    const die = left.length > 1 ? (rolls.shift() ?? 0) : 0;
    const next = marks[Math.floor(die * marks.length)];
    if (!next) return [...order, ...list.filter((each) => weight(each) <= 0)];
    order.push(next);
  }
}

function tiersOf(list: readonly Candidate[]): Candidate[][] {
  return [0, 1, 2].map((tier) => list.filter(({ target }) => target.priority === tier));
}

function context(dice: readonly number[]) {
  const left = [...dice];
  return { call: CALL, rotation: new Rotation(), dice: () => left.shift() ?? 0 };
}

describe('an order', () => {
  it('by weight is what a line of marks gives', () => {
    fc.assert(
      fc.property(candidates, falls, (all, dice) => {
        const list = all.filter(({ target }) => target.priority === 0);
        const order = orderTargets('weighted', list, context(dice));
        expect(models(order)).toEqual(models(drawn(list, dice)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('by load begins with the idler of the first two that are drawn, and goes on with the idlest', () => {
    fc.assert(
      fc.property(candidates, falls, (all, dice) => {
        const list = all.filter((each) => each.target.priority === 0 && weight(each) > 0);
        const order = orderTargets('least-busy', list, context(dice));
        const [one, two] = drawn(list, dice);
        if (!one) return;
        const first = two && load(two) < load(one) ? two : one;
        expect(order[0]?.target).toBe(first.target);
        const rest = order.slice(1).map(load);
        expect(rest).toEqual(rest.toSorted((a, b) => a - b));
      }),
      { numRuns: 1_000 },
    );
  });

  it('by turn is what nginx’s loop gives', () => {
    fc.assert(
      fc.property(candidates, fc.nat(40), (list, calls) => {
        const rotation = new Rotation();
        const current = new Map(list.map((each) => [each, 0]));
        for (let call = 0; call <= calls; call++) {
          const order = orderTargets('round-robin', list, { call: CALL, rotation, dice: () => 0 });
          for (const tier of tiersOf(list)) {
            const able = tier.filter((each) => weight(each) > 0);
            for (const each of able) current.set(each, (current.get(each) ?? 0) + weight(each));
            const best = able.toSorted((a, b) => (current.get(b) ?? 0) - (current.get(a) ?? 0))[0];
            if (!best) continue;
            const total = able.reduce((sum, each) => sum + weight(each), 0);
            current.set(best, (current.get(best) ?? 0) - total);
            const first = order.find(({ target }) => target.priority === best.target.priority);
            expect(first?.target).toBe(best.target);
          }
        }
      }),
    );
  });

  it('by cost is sorted, those without a price behind', () => {
    fc.assert(
      fc.property(candidates, (list) => {
        const cost = ({ target }: Candidate): number => expectedCost(USAGE, target.price) ?? Infinity;
        const compare = (a: Candidate, b: Candidate): number =>
          a.target.priority - b.target.priority || (cost(a) === cost(b) ? 0 : cost(a) - cost(b));
        const order = orderTargets('lowest-cost', list, context([]));
        expect(models(order)).toEqual(models(list.toSorted(compare)));
      }),
    );
  });

  it('by latency begins with one nobody measured or is measuring, else the fastest but when it explores', () => {
    fc.assert(
      fc.property(candidates, falls, (all, dice) => {
        const list = all.filter(({ target }) => target.priority === 0);
        const order = orderTargets('least-latency', list, context(dice));
        const speed = ({ state }: Candidate): number => state.firstToken.value ?? Infinity;
        const first = order[0];
        if (!first) return;
        const isUnmeasured = list.some((each) => speed(each) === Infinity && each.state.inFlight === 0);
        if (isUnmeasured) expect([speed(first), first.state.inFlight]).toEqual([Infinity, 0]);
        else if (first.reason === 'least-latency') expect(speed(first)).toBe(Math.min(...list.map(speed)));
        const rest = order.slice(1).map(speed);
        expect(rest).toEqual(rest.toSorted((a, b) => (a === b ? 0 : a - b)));
      }),
      { numRuns: 1_000 },
    );
  });
});
