import { describe, expect, it } from 'vitest';
import { redact } from './redact.js';

describe('a text for the log', () => {
  it.each([
    ['authorization: Bearer abc.def-123_456', 'authorization: [redacted]'],
    ['{"authorization":"bearer  abc"}', '{"authorization":"[redacted]"}'],
    ['key sk-pllm-0123456789abcdef is wrong', 'key [redacted] is wrong'],
    ['sk-proj-AAAAAAAA_bb-cc, sk-BBBBBBBBBBBB', '[redacted], [redacted]'],
    ['at postgres://user:pass@host:5432/db?x=1 now', 'at [redacted] now'],
    ['"postgresql://u:p@h/d"', '"[redacted]"'],
    ['redis://:secret@host and rediss://h', '[redacted] and [redacted]'],
    ['Bearer a, Bearer b', '[redacted], [redacted]'],
  ])('%s', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it.each([
    '',
    'the bearer',
    'task-force',
    'sk-1',
    'ask-something-else',
    'https://example.com/v1',
    'postgres is down',
  ])('keeps %j', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('is the same the second time', () => {
    const text = 'Bearer abc';
    expect([redact(text), redact(text)]).toEqual(['[redacted]', '[redacted]']);
  });
});
