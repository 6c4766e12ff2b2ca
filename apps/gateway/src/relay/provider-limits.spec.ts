import { expect, it } from 'vitest';
import { ProviderLimits } from './provider-limits.js';

const provider = (maxParallel: number | undefined) =>
  ({
    id: 'p',
    name: 'p',
    type: 'x',
    baseUrl: 'http://x',
    secret: undefined,
    headers: {},
    maxParallel,
  }) as const;

it.each([
  [8, 1, 8],
  [8, 2, 4],
  [8, 3, 2],
  [1, 4, 1],
])('of %i attempts at once each of %i processes makes %i', (maxParallel, workers, most) => {
  expect(new ProviderLimits(workers).of(provider(maxParallel))?.most).toBe(most);
});

it('has no bound where none is set, and the new one where it is changed', () => {
  const limits = new ProviderLimits(2);
  expect(limits.of(provider(undefined))).toBeUndefined();
  expect(limits.of(provider(4))?.most).toBe(2);
  expect(limits.of(provider(10))?.most).toBe(5);
});
