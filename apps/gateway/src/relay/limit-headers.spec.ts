import { describe, expect, it } from 'vitest';
import { durationText, limitHeaders } from './limit-headers.js';

describe('durationText', () => {
  it.each([
    [0, '0s'],
    [0.2, '1ms'],
    [999, '999ms'],
    [999.5, '1s'],
    [1_200, '1.2s'],
    [59_999.1, '1m0s'],
    [60_100, '1m0.1s'],
    [360_000, '6m0s'],
  ])('%d ms is %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});

describe('limitHeaders', () => {
  it('tells of the limits that there are', () => {
    const requests = { limit: 100, remaining: 99, resetMs: 60_000 };
    expect(limitHeaders({ requests, tokens: undefined })).toEqual({
      'x-ratelimit-limit-requests': '100',
      'x-ratelimit-remaining-requests': '99',
      'x-ratelimit-reset-requests': '1m0s',
    });
    expect(limitHeaders({ requests: undefined, tokens: undefined })).toEqual({});
  });
});
