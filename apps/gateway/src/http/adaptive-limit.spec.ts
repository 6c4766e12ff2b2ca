import { describe, expect, it } from 'vitest';
import { AdaptiveLimit } from './adaptive-limit.js';

type Look = readonly [lateMs: number, inFlight: number];

function limitAfter(most: number, looks: readonly Look[]): number {
  const limit = new AdaptiveLimit(most, 50);
  for (const [lateMs, inFlight] of looks) limit.adjust(lateMs, inFlight);
  return limit.value;
}

const looks = (count: number, look: Look): Look[] => Array.from({ length: count }, () => look);

describe('how many calls may be in flight', () => {
  it.each<[string, number, Look[], number]>([
    ['as many as the operator lets', 1_000, [], 1_000],
    ['a loop that is in time changes nothing', 1_000, [[50, 900]], 1_000],
    ['a late one lets go of a tenth of what is there', 1_000, [[51, 500]], 450],
    [
      'and of a tenth of that',
      1_000,
      [
        [51, 500],
        [51, 450],
      ],
      405,
    ],
    [
      'more in flight than the limit: the limit counts',
      1_000,
      [
        [51, 500],
        [51, 600],
      ],
      405,
    ],
    ['never down to nothing', 1_000, looks(50, [500, 1_000]), 100],
    ['unless the operator wants less', 4, [[500, 4]], 4],
    [
      'comes back by a tenth',
      1_000,
      [
        [51, 500],
        [0, 0],
      ],
      496,
    ],
    ['and by some at least', 1_000, [...looks(50, [500, 100]), [0, 0]], 111],
    ['up to where it was', 1_000, [[51, 500], ...looks(50, [0, 0])], 1_000],
  ])('%s', (_, most, looks, expected) => {
    expect(limitAfter(most, looks)).toBe(expected);
  });
});
