import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AccessLog } from './access-log.js';

const ACCESS = {
  requestId: 'req_1',
  method: 'POST',
  route: '/v1/chat/completions',
  status: 200,
  isWhole: true,
  keyId: 'key_1',
  ms: 1.23456,
};

let printed: string[];
let log: AccessLog;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-25T10:00:00.007Z') });
  printed = [];
  log = new AccessLog((lines) => printed.push(lines));
});
afterEach(() => void vi.useRealTimers());

const lines = (): unknown[] =>
  printed
    .join('')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);

describe('AccessLog', () => {
  it('tells of a request in one line of JSON, a moment later', () => {
    log.write(ACCESS);
    log.write({ ...ACCESS, keyId: null, isWhole: false });
    expect(printed).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(lines()).toEqual([
      {
        level: 'info',
        time: '2026-11-25T10:00:00.007Z',
        event: 'request',
        request_id: 'req_1',
        method: 'POST',
        route: '/v1/chat/completions',
        status: 200,
        whole: true,
        key_id: 'key_1',
        ms: 1.235,
      },
      expect.objectContaining({ key_id: null, whole: false }),
    ]);
  });

  it('prints whole lines, each once and in order, however many come', () => {
    for (let count = 0; count < 1_000; count++) log.write({ ...ACCESS, status: count });
    expect(printed.length).toBeGreaterThan(1);
    log.flush();
    log.flush();
    expect(printed.every((text) => text.endsWith('}\n'))).toBe(true);
    expect(lines()).toEqual(
      Array.from({ length: 1_000 }, (_, status) => expect.objectContaining({ status })),
    );
    vi.advanceTimersByTime(1_000);
    expect(lines()).toHaveLength(1_000);
  });

  it('says nothing where it is off', () => {
    const off = new AccessLog(undefined);
    off.write(ACCESS);
    off.flush();
    expect(vi.getTimerCount()).toBe(0);
  });
});
