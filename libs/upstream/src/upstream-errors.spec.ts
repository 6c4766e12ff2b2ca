import { describe, expect, it } from 'vitest';
import { GatewayError } from '#contract';
import { asUpstreamError, readRetryAfter } from './upstream-errors.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');

describe('when an upstream wants to be asked again', () => {
  it.each<[string, Record<string, string | string[] | undefined>, number | undefined]>([
    ['nothing is said', {}, undefined],
    ['seconds', { 'retry-after': '7' }, 7],
    ['none', { 'retry-after': '0' }, 0],
    ['parts of a second', { 'retry-after': '1.25' }, 1.25],
    ['a date', { 'retry-after': 'Thu, 01 Jan 2026 00:01:30 GMT' }, 90],
    ['a date that is over', { 'retry-after': 'Wed, 31 Dec 2025 23:59:59 GMT' }, undefined],
    ['milliseconds', { 'retry-after-ms': '1500' }, 1.5],
    ['milliseconds, which are more exact', { 'retry-after-ms': '1500', 'retry-after': '2' }, 1.5],
    ['parts of a millisecond', { 'retry-after-ms': '0.5' }, 0.0005],
    ['empty milliseconds', { 'retry-after-ms': '', 'retry-after': '2' }, 2],
    ['blank milliseconds', { 'retry-after-ms': ' ' }, undefined],
    ['milliseconds that are none', { 'retry-after-ms': 'soon', 'retry-after': '2' }, 2],
    ['milliseconds below zero', { 'retry-after-ms': '-5', 'retry-after': '2' }, 2],
    ['endless milliseconds', { 'retry-after-ms': 'Infinity' }, undefined],
    ['several headers', { 'retry-after': ['3', '4'], 'retry-after-ms': undefined }, 3],
    ['a text', { 'retry-after': 'soon' }, undefined],
    ['empty', { 'retry-after': '' }, undefined],
    ['below zero', { 'retry-after': '-5' }, undefined],
    ['without end', { 'retry-after': '9'.repeat(400) }, undefined],
  ])('%s', (_, headers, expected) => {
    expect(readRetryAfter(headers, NOW)).toBe(expected);
  });
});

describe('a broken exchange', () => {
  it.each([
    ['UND_ERR_CONNECT_TIMEOUT', 'upstream_timeout'],
    ['UND_ERR_HEADERS_TIMEOUT', 'upstream_timeout'],
    ['UND_ERR_BODY_TIMEOUT', 'upstream_timeout'],
    ['ETIMEDOUT', 'upstream_timeout'],
    ['ECONNREFUSED', 'upstream_unavailable'],
    ['ECONNRESET', 'upstream_unavailable'],
    ['ENOTFOUND', 'upstream_unavailable'],
    ['UND_ERR_SOCKET', 'upstream_unavailable'],
    ['CERT_HAS_EXPIRED', 'upstream_unavailable'],
    [undefined, 'upstream_unavailable'],
  ])('%s is %s', (code, expected) => {
    const cause = Object.assign(new Error('connect 10.0.0.1:443'), { code });
    const error = asUpstreamError(cause);
    const retry = expected === 'upstream_timeout' ? 'next' : 'same';
    expect(error).toMatchObject({ code: expected, retry, cause });
    expect(JSON.stringify(error.toBody())).not.toContain('10.0.0.1');
  });

  it('stays the error that it is', () => {
    const error = new GatewayError('client_closed_request');
    expect(asUpstreamError(error)).toBe(error);
  });
});
