import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS } from '#contract';
import type { Timeouts } from '#contract';
import { Patience } from './patience.js';

type Step =
  | readonly [at: number, what: 'send' | 'rest' | 'wake' | 'linger' | 'look']
  | readonly [number, 'receive', number];

const SHORT = { first_byte_ms: 1_000, idle_ms: 500, total_ms: 10_000 };
const PACED = { ...SHORT, idle_ms: 60_000, total_ms: 600_000, min_bytes_per_second: 10 };

/** When it is over, looked at after every step; undefined: it is not. */
function endOf(timeouts: Partial<Timeouts>, steps: readonly Step[]): number | undefined {
  const patience = new Patience({ ...DEFAULT_TIMEOUTS, ...timeouts }, 0);
  for (const [at, what, bytes] of steps) {
    if (patience.isOver(at)) return at;
    if (what === 'receive') patience.receive(bytes, at);
    else if (what === 'rest') patience.rest();
    else if (what !== 'look') patience[what](at);
  }
  return undefined;
}

/** So many bytes every second. */
function drip(bytes: number, seconds: number): Step[] {
  return Array.from({ length: seconds }, (_, second): Step => [second * 1_000, 'receive', bytes]);
}

describe('patience with an upstream', () => {
  it.each<[string, Partial<Timeouts>, Step[], number | undefined]>([
    ['waits for the first byte', SHORT, [[999, 'look']], undefined],
    ['and no longer', SHORT, [[1_000, 'look']], 1_000],
    [
      'a request that is still taken is no silence',
      SHORT,
      [
        [900, 'send'],
        [1_800, 'look'],
      ],
      undefined,
    ],
    [
      'until it is',
      SHORT,
      [
        [900, 'send'],
        [1_900, 'look'],
      ],
      1_900,
    ],
    [
      'waits for the next byte',
      SHORT,
      [
        [900, 'receive', 1],
        [1_399, 'look'],
      ],
      undefined,
    ],
    [
      'and no longer',
      SHORT,
      [
        [900, 'receive', 1],
        [1_400, 'look'],
      ],
      1_400,
    ],
    [
      'what of the request is taken behind the answer’s first byte changes nothing',
      SHORT,
      [
        [900, 'receive', 1],
        [1_300, 'send'],
        [1_400, 'look'],
      ],
      1_400,
    ],
    [
      'nobody reads: the upstream is not idle',
      SHORT,
      [
        [900, 'receive', 1],
        [901, 'rest'],
        [9_999, 'look'],
      ],
      undefined,
    ],
    [
      'but the whole time is',
      SHORT,
      [
        [900, 'receive', 1],
        [901, 'rest'],
        [10_000, 'look'],
      ],
      10_000,
    ],
    [
      'somebody reads again',
      SHORT,
      [
        [900, 'receive', 1],
        [901, 'rest'],
        [5_000, 'wake'],
        [5_499, 'look'],
      ],
      undefined,
    ],
    [
      'and waits as long as ever',
      SHORT,
      [
        [900, 'receive', 1],
        [901, 'rest'],
        [5_000, 'wake'],
        [5_500, 'look'],
      ],
      5_500,
    ],
    [
      'nobody wants more',
      SHORT,
      [
        [900, 'receive', 1],
        [950, 'linger'],
        [1_149, 'look'],
      ],
      undefined,
    ],
    [
      'nobody wants more of what does not end',
      SHORT,
      [
        [900, 'receive', 1],
        [950, 'linger'],
        [1_150, 'look'],
      ],
      1_150,
    ],
    ['any speed will do', { ...PACED, min_bytes_per_second: 0 }, drip(1, 60), undefined],
    ['slow, but not too slow', PACED, drip(10, 60), undefined],
    ['too slow, over ten seconds', PACED, drip(9, 60), 11_000],
    [
      'a burst pays for its own ten seconds',
      { ...PACED, first_byte_ms: 60_000 },
      [[500, 'receive', 1], [1_000, 'look'], [1_500, 'receive', 5_000], ...drip(0, 40).slice(2)],
      22_000,
    ],
    [
      'before the first byte there is no speed',
      { ...PACED, first_byte_ms: 60_000 },
      [
        [30_000, 'look'],
        [50_000, 'look'],
      ],
      undefined,
    ],
    [
      'nobody reads: the speed is ours',
      PACED,
      [
        [0, 'receive', 1],
        [1_000, 'rest'],
        [50_000, 'look'],
      ],
      undefined,
    ],
  ])('%s', (_, timeouts, steps, expected) => {
    expect(endOf(timeouts, steps)).toBe(expected);
  });
});
