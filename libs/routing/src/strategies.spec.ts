import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS } from '#contract';
import type { Price, Target } from '#contract';
import { seededDice } from '../../../test/support/seeded-dice.js';
import type { Strategy } from './model.js';
import { STRATEGIES } from './model.js';
import { Rotation } from './rotation.js';
import { EXPLORATION, orderTargets } from './strategies.js';
import type { Candidate, OrderContext, Placed } from './strategies.js';
import { TargetState } from './target-state.js';

interface Traits {
  readonly priority?: number;
  readonly weight?: number;
  readonly price?: Price;
  readonly inFlight?: number;
  readonly firstTokenMs?: number;
  readonly tokensPerSecond?: number;
  readonly wholeMs?: number;
}

/** Targets named a, b, c … */
function candidatesOf(...traits: readonly Traits[]): Candidate[] {
  return traits.map(({ priority = 0, weight, price, ...known }, at) => {
    const model = String.fromCharCode(97 + at);
    const provider = { id: 'p', name: 'p', type: 'x', baseUrl: 'http://x', secret: undefined, headers: {} };
    const target: Target = { provider, model, priority, weight, price, timeouts: DEFAULT_TIMEOUTS };
    const state = new TargetState(provider, model);
    state.inFlight = known.inFlight ?? 0;
    if (known.firstTokenMs !== undefined) state.firstToken.add(known.firstTokenMs, 1, 0);
    if (known.tokensPerSecond !== undefined) state.tokenRate.add(known.tokensPerSecond, 1, 0);
    if (known.wholeMs !== undefined) state.whole.add(known.wholeMs, 1, 0);
    return { target, state };
  });
}

function contextOf(dice: () => number, streamed = true): OrderContext {
  const usage = { promptTokens: 1_000, completionTokens: 100, images: 0, audioSeconds: 0, characters: 0 };
  return { call: { streamed, expectedUsage: () => usage }, rotation: new Rotation(), dice };
}

const names = (placed: readonly Placed[]): string => placed.map(({ target }) => target.model).join(' ');

/** How often each target is first, in percent, over so many calls. */
function shares(strategy: Strategy, candidates: readonly Candidate[], calls: number): number[] {
  const context = contextOf(seededDice());
  const counts = candidates.map(() => 0);
  for (let call = 0; call < calls; call++) {
    const first = orderTargets(strategy, candidates, context)[0];
    const at = candidates.findIndex(({ state }) => state === first?.state);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts.map((count) => (count / calls) * 100);
}

/** Dice that fall as they are told, and then on nothing that matters. */
function loaded(...falls: number[]): () => number {
  return () => falls.shift() ?? 0.999;
}

describe('every strategy', () => {
  it.each(STRATEGIES)('%s places every target once', (strategy) => {
    const candidates = candidatesOf({}, { weight: 3 }, { weight: 0 }, { firstTokenMs: 5 }, { inFlight: 2 });
    for (let call = 0; call < 50; call++) {
      const placed = orderTargets(strategy, candidates, contextOf(seededDice(call)));
      expect(names(placed).split(' ').sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    }
  });

  it.each(STRATEGIES)('%s asks a higher priority number only after the lower', (strategy) => {
    const traits = { firstTokenMs: 1, price: { request: 1 } };
    const candidates = candidatesOf(
      { priority: 2, ...traits },
      { priority: 1, weight: 0, inFlight: 9 },
      { priority: 2, weight: 100, ...traits },
      { priority: 1, firstTokenMs: 900, price: { request: 9e9 } },
    );
    for (let call = 0; call < 50; call++) {
      const placed = orderTargets(strategy, candidates, contextOf(seededDice(call)));
      expect(placed.map(({ target }) => target.priority)).toEqual([1, 1, 2, 2]);
    }
  });

  it.each(STRATEGIES)('%s takes what it is given: one, or none', (strategy) => {
    expect(orderTargets(strategy, [], contextOf(seededDice()))).toEqual([]);
    expect(names(orderTargets(strategy, candidatesOf({ weight: 0 }), contextOf(seededDice())))).toBe('a');
  });
});

describe('weighted', () => {
  it.each([
    [
      [60, 40],
      [60, 40],
    ],
    [
      [3, 2],
      [60, 40],
    ],
    [
      [1, 1, 2],
      [25, 25, 50],
    ],
    [
      [99, 1],
      [99, 1],
    ],
    [
      [1, 0],
      [100, 0],
    ],
    [
      [0.5, 1.5],
      [25, 75],
    ],
  ])('%j gives %j percent of 100,000 calls, within a half', (weights, expected) => {
    const given = shares('weighted', candidatesOf(...weights.map((weight) => ({ weight }))), 100_000);
    for (const [at, share] of given.entries())
      expect(Math.abs(share - (expected[at] ?? 0))).toBeLessThan(0.5);
  });

  it('draws the following places by the weights of those that are left', () => {
    const candidates = candidatesOf({ weight: 1 }, { weight: 6 }, { weight: 3 });
    const context = contextOf(seededDice(7));
    const seconds = Array.from({ length: 100_000 }, () => orderTargets('weighted', candidates, context))
      .filter(([first]) => first?.target.model === 'b')
      .map((placed) => placed[1]?.target.model);
    const share = seconds.filter((model) => model === 'c').length / seconds.length;
    expect(share).toBeCloseTo(3 / 4, 2);
  });

  it('leaves a weight of 0 for when all others are gone', () => {
    const placed = orderTargets(
      'weighted',
      candidatesOf({ weight: 0 }, {}, { weight: 0 }),
      contextOf(seededDice()),
    );
    expect(names(placed)).toBe('b a c');
    expect(placed.map(({ score }) => score)).toEqual([1, 0, 0]);
    expect(
      names(orderTargets('weighted', candidatesOf({ weight: 0 }, { weight: 0 }), contextOf(seededDice()))),
    ).toBe('a b');
  });
});

describe('round-robin', () => {
  it('gives turns by weight, smoothly', () => {
    const candidates = candidatesOf({ weight: 5 }, {}, {}, { weight: 0 });
    const context = contextOf(seededDice());
    const firsts = Array.from({ length: 7 }, () => orderTargets('round-robin', candidates, context)[0]);
    expect(firsts.map((placed) => placed?.target.model).join('')).toBe('aabacaa');
  });

  it('has the one whose turn is nearest come second, and a weight of 0 last', () => {
    const candidates = candidatesOf({ weight: 0 }, {}, {}, {});
    const context = contextOf(seededDice());
    const orders = Array.from({ length: 3 }, () => names(orderTargets('round-robin', candidates, context)));
    expect(orders).toEqual(['b c d a', 'c d b a', 'd b c a']);
  });
});

describe('least-latency', () => {
  it.each<[string, boolean, Traits[], string]>([
    ['first token', true, [{ firstTokenMs: 300 }, { firstTokenMs: 200 }], 'b a'],
    [
      'and the tokens after it',
      true,
      [
        { firstTokenMs: 100, tokensPerSecond: 10 },
        { firstTokenMs: 900, tokensPerSecond: 100 },
      ],
      'b a',
    ],
    [
      'whole answers by themselves',
      false,
      [
        { firstTokenMs: 1, wholeMs: 900 },
        { firstTokenMs: 900, wholeMs: 800 },
      ],
      'b a',
    ],
    ['who was not measured comes first', true, [{ firstTokenMs: 1 }, {}], 'b a'],
    ['but one call measures it', true, [{ firstTokenMs: 1 }, { inFlight: 1 }], 'a b'],
    ['nobody was measured: least in flight', true, [{ inFlight: 2 }, { inFlight: 1 }, {}], 'c b a'],
    ['equal ones as listed', true, [{ firstTokenMs: 5 }, { firstTokenMs: 5 }], 'a b'],
  ])('goes by %s', (_, streamed, traits, expected) => {
    const context = contextOf(loaded(), streamed);
    expect(names(orderTargets('least-latency', candidatesOf(...traits), context))).toBe(expected);
  });

  it('says the milliseconds it goes by', () => {
    const candidates = candidatesOf({ firstTokenMs: 100, tokensPerSecond: 50 }, { inFlight: 1 });
    const placed = orderTargets('least-latency', candidates, contextOf(loaded()));
    expect(placed.map(({ score }) => score)).toEqual([2_100, null]);
  });

  it('explores by the dice, one in sixteen', () => {
    const candidates = candidatesOf({ firstTokenMs: 1 }, { firstTokenMs: 2 }, { firstTokenMs: 3 });
    const explored = orderTargets('least-latency', candidates, contextOf(loaded(0.01, 0.6)));
    expect([names(explored), explored[0]?.reason]).toEqual(['c a b', 'exploration']);
    const given = shares('least-latency', candidates, 100_000);
    const other = (EXPLORATION * 100) / 2;
    for (const [at, share] of [100 - 2 * other, other, other].entries())
      expect(Math.abs((given[at] ?? 0) - share)).toBeLessThan(0.5);
  });
});

describe('least-busy', () => {
  it.each<[string, Traits[], number[], string]>([
    ['the idler of two that are drawn', [{ inFlight: 3 }, { inFlight: 1 }, {}], [0, 0], 'b c a'],
    ['the third is not looked at', [{ inFlight: 1 }, { inFlight: 3 }, {}], [0, 0], 'a c b'],
    ['a weight carries as much more', [{ inFlight: 4, weight: 5 }, { inFlight: 1 }], [0.99], 'a b'],
    ['equally busy: as drawn', [{}, {}], [0.6], 'b a'],
    ['a weight of 0 is last', [{ weight: 0 }, { inFlight: 99 }], [], 'b a'],
    ['two of them are as listed', [{ weight: 0 }, { weight: 0 }, { inFlight: 9 }], [], 'c a b'],
  ])('%s', (_, traits, falls, expected) => {
    const context = contextOf(loaded(...falls));
    expect(names(orderTargets('least-busy', candidatesOf(...traits), context))).toBe(expected);
  });

  it('is by weight when all are idle', () => {
    const [first, second] = shares('least-busy', candidatesOf({ weight: 3 }, { weight: 1 }), 100_000);
    expect(Math.abs((first ?? 0) - 75)).toBeLessThan(0.5);
    expect(Math.abs((second ?? 0) - 25)).toBeLessThan(0.5);
  });

  it('keeps targets evenly busy for their weights', () => {
    const candidates = candidatesOf({ weight: 2 }, {}, {});
    const context = contextOf(seededDice(3));
    for (let call = 0; call < 4_000; call++) {
      const first = orderTargets('least-busy', candidates, context)[0];
      if (first) first.state.inFlight++;
    }
    const loads = candidates.map(({ state, target }) => state.inFlight / (target.weight ?? 1));
    expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(20);
  });
});

describe('lowest-cost', () => {
  it('is by price for the tokens that are expected, without a price last', () => {
    const candidates = candidatesOf(
      {},
      { price: { input: 1_000_000, output: 90_000_000 } },
      { price: { input: 5_000_000, output: 1_000_000 } },
      { price: { input: 0, output: 0 } },
    );
    const placed = orderTargets('lowest-cost', candidates, contextOf(seededDice()));
    expect(names(placed)).toBe('d c b a');
    expect(placed.map(({ score }) => score)).toEqual([0, 5_100, 10_000, null]);
  });
});
