import { describe, expect, it, vi } from 'vitest';
import { WorkerFaults } from './worker-faults.js';

function makeFaults() {
  const teller = { warn: vi.fn(), info: vi.fn() };
  const clock = { now: 0 };
  const faults = new WorkerFaults(teller, () => clock.now);
  const failed = (event = 'database', times = 1) =>
    faults.receive({ kind: 'fault', event, message: 'away', times, err: { message: 'why' } });
  const recovered = (event = 'database') => faults.receive({ kind: 'fault_over', event, message: 'back' });
  return { teller, clock, failed, recovered };
}

describe('WorkerFaults', () => {
  it('tells once of what all find, and then now and then how often it was', () => {
    const { teller, clock, failed } = makeFaults();
    for (let worker = 0; worker < 4; worker++) failed();
    expect(teller.warn.mock.calls).toEqual([
      [{ event: 'database', times: 1, err: { message: 'why' } }, 'away'],
    ]);
    clock.now = 30_000;
    for (let worker = 0; worker < 4; worker++) failed('database', 10);
    expect(teller.warn.mock.calls.map(([{ times }]) => times)).toEqual([1, 13]);
  });

  it('tells once that it is over', () => {
    const { teller, failed, recovered } = makeFaults();
    failed();
    failed();
    recovered();
    recovered();
    expect(teller.info.mock.calls).toEqual([[{ event: 'database' }, 'back']]);
  });

  it('tells of one fault beside another', () => {
    const { teller, failed, recovered } = makeFaults();
    failed('database');
    failed('feed_redis');
    recovered('feed_redis');
    expect(teller.warn.mock.calls.map(([{ event }]) => event)).toEqual(['database', 'feed_redis']);
    expect(teller.info.mock.calls.map(([{ event }]) => event)).toEqual(['feed_redis']);
  });
});
