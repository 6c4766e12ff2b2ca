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
  call: undefined,
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

  it('tells of a model call what became of it', () => {
    const call = { model: 'my-gpt', provider: 'eu', attempts: 2, promptTokens: 5, completionTokens: 3 };
    log.write({ ...ACCESS, call });
    log.write({ ...ACCESS, call: { ...call, provider: null } });
    log.flush();
    const told = { model: 'my-gpt', attempts: 2, prompt_tokens: 5, completion_tokens: 3 };
    expect(lines()).toEqual([
      expect.objectContaining({ ...told, provider: 'eu' }),
      expect.objectContaining({ ...told, provider: null }),
    ]);
  });

  it.each(['a"b\\c', 'line\nfeed\r\0', 'é\u{1f600}\u2028', '\ud83d', '\x7f', '"},{"level":"error"'])(
    'is one line of ASCII and true to a name such as %j',
    (model) => {
      const call = { model, provider: 'eu', attempts: 1, promptTokens: 0, completionTokens: 0 };
      for (let again = 0; again < 2; again++) log.write({ ...ACCESS, call });
      log.flush();
      expect(printed.join('')).toMatch(/^[\x20-\x7e]+\n[\x20-\x7e]+\n$/);
      expect(lines()).toEqual([expect.objectContaining({ model }), expect.objectContaining({ model })]);
    },
  );

  it('has room for the longest names, and does not keep them all', () => {
    for (let serial = 0; serial < 2_500; serial++) {
      const model = `${serial}`.padEnd(256, '\u2028');
      log.write({
        ...ACCESS,
        call: { model, provider: 'x', attempts: 1, promptTokens: 0, completionTokens: 0 },
      });
    }
    log.flush();
    expect(lines()).toHaveLength(2_500);
    expect(lines().at(-1)).toMatchObject({ model: '2499'.padEnd(256, '\u2028') });
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
