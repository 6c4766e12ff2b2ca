import { expect, it } from 'vitest';
import { restartPause } from './restart-pause.js';

it.each([
  [0, 0],
  [1, 500],
  [2, 1_000],
  [6, 16_000],
  [7, 30_000],
  [5_000, 30_000],
])('with %i deaths before its own a worker is replaced after %i ms', (deaths, pause) => {
  expect(restartPause(deaths)).toBe(pause);
});
