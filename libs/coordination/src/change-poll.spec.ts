import { describe, expect, it } from 'vitest';
import { ChangePoll } from './change-poll.js';
import type { LoggedChange } from './change-poll.js';

const entry = (number: number): LoggedChange => ({
  number: BigInt(number),
  kind: 'key',
  id: `key_${number}`,
});

function makePoll(start = 0) {
  const committed: LoggedChange[] = [];
  const asked: bigint[] = [];
  const clock = { now: 0 };
  const found: string[] = [];
  const listener = { changed: ({ id }: { id: string }) => void found.push(id), missed: () => {} };
  let isAway = false;
  const poll = new ChangePoll({
    log: {
      start: async () => BigInt(start),
      read: async (after, seen, limit) => {
        if (isAway) throw new Error('away');
        asked.push(after);
        return committed
          .filter(({ number }) => number > after && !seen.includes(number))
          .sort((one, other) => Number(one.number - other.number))
          .slice(0, limit);
      },
    },
    lookBackMs: 30_000,
    report: () => {},
    now: () => clock.now,
  });
  const look = async (ms = 2_000): Promise<string[]> => {
    clock.now += ms;
    found.length = 0;
    await poll.poll(listener);
    return [...found];
  };
  return { committed, asked, look, leave: (away: boolean) => void (isAway = away) };
}

describe('ChangePoll', () => {
  it('finds every change once, and none from before it started', async () => {
    const { committed, look } = makePoll(2);
    committed.push(entry(1), entry(2), entry(3));
    expect(await look()).toEqual(['key_3']);
    expect(await look()).toEqual([]);
    committed.push(entry(4), entry(5));
    expect(await look()).toEqual(['key_4', 'key_5']);
    expect(await look()).toEqual([]);
  });

  it('finds a lower number that was committed after a higher one', async () => {
    const { committed, look } = makePoll();
    committed.push(entry(7));
    expect(await look()).toEqual(['key_7']);
    committed.push(entry(5));
    expect(await look(20_000)).toEqual(['key_5']);
    committed.push(entry(6));
    expect(await look(5_000)).toEqual(['key_6']);
  });

  it('forgets what is too old to be overtaken', async () => {
    const { committed, asked, look } = makePoll();
    committed.push(entry(1), entry(2));
    await look();
    expect(await look(31_000)).toEqual([]);
    expect(await look()).toEqual([]);
    expect(asked.at(-1)).toBe(2n);
  });

  it('reads a flood page by page', async () => {
    const { committed, asked, look } = makePoll();
    committed.push(...Array.from({ length: 1_200 }, (_, index) => entry(index + 1)));
    expect(await look()).toHaveLength(1_200);
    expect(asked).toHaveLength(3);
    expect(await look()).toEqual([]);
  });

  it('goes on where it was when the log could not be read', async () => {
    const { committed, look, leave } = makePoll();
    committed.push(entry(1));
    await look();
    committed.push(entry(2));
    leave(true);
    await expect(look(120_000)).rejects.toThrow('away');
    leave(false);
    expect(await look()).toEqual(['key_2']);
  });
});
