import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS } from '#contract';
import type { Target } from '#contract';
import { orderByPriority } from './order-by-priority.js';

function target(model: string, priority: number): Target {
  const provider = { id: 'p', name: 'p', type: 'x', baseUrl: 'http://x', secret: undefined, headers: {} };
  return { provider, model, priority, timeouts: DEFAULT_TIMEOUTS };
}

describe('targets by priority', () => {
  it.each<[string, [string, number][], string]>([
    [
      'lowest number first',
      [
        ['a', 2],
        ['b', 0],
        ['c', 1],
      ],
      'b c a',
    ],
    [
      'as listed where numbers are equal',
      [
        ['a', 1],
        ['b', 0],
        ['c', 1],
        ['d', 0],
        ['e', 1],
      ],
      'b d a c e',
    ],
    [
      'numbers, not their text',
      [
        ['a', 10],
        ['b', 9],
        ['c', -1],
      ],
      'c b a',
    ],
    ['one', [['a', 5]], 'a'],
    ['none', [], ''],
  ])('%s', (_, targets, expected) => {
    const plan = orderByPriority(targets.map(([model, priority]) => target(model, priority)));
    expect(plan.map(({ model }) => model).join(' ')).toBe(expected);
  });

  it('leaves the list it was given as it is', () => {
    const targets = Object.freeze([target('a', 2), target('b', 1)]);
    orderByPriority(targets);
    expect(targets.map(({ model }) => model)).toEqual(['a', 'b']);
  });
});
