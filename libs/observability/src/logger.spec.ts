import { describe, expect, it } from 'vitest';
import { createLogging, describeError } from './logger.js';

describe('an error in the log', () => {
  it('tells type, code, message and stack', () => {
    const error = Object.assign(new TypeError('no'), { code: 'ECONNREFUSED' });
    expect(describeError(error)).toMatchObject({ type: 'TypeError', code: 'ECONNREFUSED', message: 'no' });
    expect(describeError(error)).toHaveProperty('stack', expect.stringContaining('logger.spec'));
  });

  it('tells its causes', () => {
    const error = new Error('a', { cause: new RangeError('b', { cause: 'c' }) });
    expect(describeError(error)).toMatchObject({
      message: 'a',
      cause: { type: 'RangeError', message: 'b', cause: 'c' },
    });
  });

  it('tells no credential, however deep', () => {
    const secret = 'sk-0123456789abcdef';
    const error = new Error(`bad ${secret}`, {
      cause: new Error(`Bearer ${secret}`, { cause: `x ${secret}` }),
    });
    const text = JSON.stringify(describeError(error));
    expect(text).toContain('[redacted]');
    expect(text).not.toContain(secret);
  });

  it('ends where causes go in a circle', () => {
    const one = new Error('one');
    one.cause = new Error('other', { cause: one });
    expect(JSON.stringify(describeError(one))).toContain('other');
  });

  it.each([
    ['text', 'text'],
    ['Bearer abc', '[redacted]'],
    [undefined, 'undefined'],
    [null, 'null'],
    [7, '7'],
  ])('is a text where %j was thrown', (thrown, expected) => {
    expect(describeError(thrown)).toBe(expected);
  });
});

describe('a logger', () => {
  it.each(['silent', 'error', 'info', 'debug'])('is as loud as it is told: %s', (level) => {
    expect(createLogging(level).logger.level).toBe(level);
  });
});
