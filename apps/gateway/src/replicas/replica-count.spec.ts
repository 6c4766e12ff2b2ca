import { expect, it } from 'vitest';
import { ReplicaCount } from './replica-count.js';

function counted(...seen: [at: number, count: number][]): (now: number) => number {
  let now = 0;
  const replicas = new ReplicaCount(() => now);
  for (const [at, count] of seen) {
    now = at;
    replicas.see(count);
  }
  return (later) => {
    now = later;
    return replicas.value;
  };
}

it.each<[string, [number, number][], number, number]>([
  ['nobody knows yet', [], 0, 2],
  ['there is one', [[0, 1]], 1_000, 1],
  ['it cannot see itself', [[0, 0]], 1_000, 1],
  [
    'one came',
    [
      [0, 1],
      [2_000, 2],
    ],
    2_000,
    2,
  ],
  [
    'one went a moment ago',
    [
      [0, 3],
      [2_000, 2],
    ],
    59_999,
    3,
  ],
  [
    'one went a minute ago',
    [
      [0, 3],
      [2_000, 2],
    ],
    60_000,
    2,
  ],
  [
    'one went and came',
    [
      [0, 2],
      [2_000, 1],
      [4_000, 2],
    ],
    63_000,
    2,
  ],
  [
    'nobody has counted for long',
    [
      [0, 3],
      [2_000, 2],
    ],
    900_000,
    2,
  ],
])('where %s', (_, seen, now, expected) => {
  expect(counted(...seen)(now)).toBe(expected);
});

it('is known when somebody has counted', () => {
  const replicas = new ReplicaCount(() => 0);
  expect(replicas.known).toBeUndefined();
  replicas.see(2);
  expect(replicas.known).toBe(2);
});
