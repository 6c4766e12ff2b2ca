import { describe, expect, it } from 'vitest';
import { readWishes } from './wishes.js';

describe('what a client asks of the gateway', () => {
  it.each<[string, Record<string, unknown>, number | undefined, boolean]>([
    ['nothing', {}, undefined, true],
    ['a time', { 'x-pllm-timeout-ms': '1500' }, 1_500, true],
    ['the longest time', { 'x-pllm-timeout-ms': '86400000' }, 86_400_000, true],
    ['no fallbacks', { 'x-pllm-fallbacks': 'none' }, undefined, false],
    ['both', { 'x-pllm-timeout-ms': '1', 'x-pllm-fallbacks': 'none' }, 1, false],
  ])('%s', (_, headers, timeoutMs, takesFallbacks) => {
    expect(readWishes(headers)).toEqual({ timeoutMs, takesFallbacks });
  });

  it.each<[string, string]>([
    ['x-pllm-timeout-ms', '0'],
    ['x-pllm-timeout-ms', ''],
    ['x-pllm-timeout-ms', '-1'],
    ['x-pllm-timeout-ms', '1.5'],
    ['x-pllm-timeout-ms', '1e3'],
    ['x-pllm-timeout-ms', '86400001'],
    ['x-pllm-timeout-ms', '100, 200'],
    ['x-pllm-fallbacks', 'all'],
    ['x-pllm-fallbacks', ''],
  ])('%s: %j is no answer', (name, value) => {
    expect(() => readWishes({ [name]: value })).toThrowError(
      expect.objectContaining({ code: 'invalid_value', param: name }),
    );
  });
});
