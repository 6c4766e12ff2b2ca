import { describe, expect, it, vi } from 'vitest';
import { FaultLog } from './fault-log.js';

function makeLog() {
  const logger = { warn: vi.fn(), info: vi.fn() };
  const clock = { now: 0 };
  const log = new FaultLog(logger, 'redis', () => clock.now);
  return { logger, clock, log };
}

describe('FaultLog', () => {
  it('tells at once, then of how many there were', () => {
    const { logger, clock, log } = makeLog();
    const error = new Error('away');
    for (; clock.now < 60_000; clock.now += 100) log.failed('away', error);
    expect(logger.warn.mock.calls.map(([fields]) => fields.times)).toEqual([1, 300]);
    expect(logger.warn).toHaveBeenCalledWith({ event: 'redis', times: 1, err: error }, 'away');
  });

  it('adds up what others have counted', () => {
    const { logger, clock, log } = makeLog();
    for (const times of [1, 40, 2]) log.failed('away', undefined, times);
    clock.now = 30_000;
    log.failed('away', undefined, 7);
    expect(logger.warn.mock.calls.map(([fields]) => fields.times)).toEqual([1, 49]);
  });

  it('tells when it is over, and not without a fault', () => {
    const { logger, log } = makeLog();
    log.recovered('back');
    expect(logger.info).not.toHaveBeenCalled();
    log.failed('away', new Error('away'));
    log.recovered('back');
    log.recovered('back');
    expect(logger.info).toHaveBeenCalledExactlyOnceWith({ event: 'redis' }, 'back');
  });

  it('stays at a few lines a minute when a fault comes and goes', () => {
    const { logger, clock, log } = makeLog();
    for (; clock.now < 60_000; clock.now += 50) {
      log.failed('away', new Error('away'));
      log.recovered('back');
    }
    expect(logger.warn.mock.calls.length + logger.info.mock.calls.length).toBe(4);
  });
});
