import { describe, expect, it } from 'vitest';
import { ERRORS, GatewayError } from './errors.js';
import type { ErrorCode, Retry } from './errors.js';

/** The statuses that go with each type: clients choose their exception class by status. */
const STATUSES: Readonly<Record<string, readonly number[]>> = {
  invalid_request_error: [400, 404, 405, 408, 409, 413, 415, 431, 499],
  authentication_error: [401],
  permission_error: [403],
  rate_limit_error: [429],
  server_error: [500],
  service_unavailable_error: [503],
};
const CODES = Object.keys(ERRORS) as ErrorCode[];

describe('the table of errors', () => {
  it.each(CODES)('%s has a body of OpenAI’s shape, a type of the specification, and its status', (code) => {
    const error = new GatewayError(code);
    const { message, type, param, code: told } = error.toBody().error;
    expect(Object.keys(error.toBody())).toEqual(['error']);
    expect(Object.keys(error.toBody().error).sort()).toEqual(['code', 'message', 'param', 'type']);
    expect(message).toMatch(/^[A-Z].*\.$/);
    expect(param).toBeNull();
    expect(told).toBe(code);
    expect(STATUSES[type]).toContain(error.status);
    expect(['never', 'same', 'next', 'fallback']).toContain(error.retry);
  });

  // A code is a promise to clients: this list may only grow.
  it.each<[ErrorCode, number, string]>([
    ['bad_request', 400, 'invalid_request_error'],
    ['previous_response_not_found', 400, 'invalid_request_error'],
    ['invalid_api_key', 401, 'authentication_error'],
    ['model_not_allowed', 403, 'permission_error'],
    ['ip_not_allowed', 403, 'permission_error'],
    ['model_not_found', 404, 'invalid_request_error'],
    ['unknown_url', 404, 'invalid_request_error'],
    ['method_not_supported', 405, 'invalid_request_error'],
    ['declared_in_file', 409, 'invalid_request_error'],
    ['request_too_large', 413, 'invalid_request_error'],
    ['rate_limit_exceeded', 429, 'rate_limit_error'],
    ['insufficient_quota', 429, 'rate_limit_error'],
    ['server_error', 500, 'server_error'],
    ['upstream_rejected', 503, 'service_unavailable_error'],
    ['upstream_unavailable', 503, 'service_unavailable_error'],
    ['upstream_timeout', 503, 'service_unavailable_error'],
  ])('%s is %i %s', (code, status, type) => {
    expect(new GatewayError(code)).toMatchObject({ status, type });
  });

  it.each<[Retry, ErrorCode[]]>([
    ['same', ['upstream_unavailable']],
    [
      'next',
      [
        'provider_busy',
        'rate_limit_exceeded',
        'unsupported_operation',
        'unsupported_parameter',
        'upstream_rejected',
        'upstream_timeout',
      ],
    ],
    ['fallback', ['context_length_exceeded']],
  ])('says who may do better: %s, and only of these', (retry, codes) => {
    expect(CODES.filter((code) => ERRORS[code].retry === retry).sort()).toEqual(codes);
  });
});

describe('what an error tells', () => {
  it('is its own message and parameter', () => {
    const error = new GatewayError('invalid_value', { message: 'No.', param: 'n' });
    expect(error.toBody().error).toEqual({
      message: 'No.',
      type: 'invalid_request_error',
      param: 'n',
      code: 'invalid_value',
    });
    expect(error.message).toBe('No.');
  });

  it('is what the upstream said, under our type', () => {
    const upstream = {
      status: 422,
      code: 'context_length_exceeded',
      message: 'Too long.',
      param: 'messages',
    };
    const error = new GatewayError('upstream_refused', { upstream });
    expect(error.status).toBe(422);
    expect(error.code).toBe('upstream_refused');
    expect(error.toBody().error).toEqual({
      message: 'Too long.',
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    });
  });

  it('has no code where the upstream said none', () => {
    const upstream = { status: 400, code: null, message: 'No.', param: null };
    expect(new GatewayError('upstream_refused', { upstream }).toBody().error.code).toBeNull();
  });

  it('prefers our message and parameter to the upstream’s', () => {
    const upstream = { status: 400, code: 'x', message: 'Theirs.', param: 'theirs' };
    const error = new GatewayError('upstream_refused', { upstream, message: 'Ours.', param: 'ours' });
    expect(error.toBody().error).toMatchObject({ message: 'Ours.', param: 'ours', code: 'x' });
  });

  it('knows the status that the upstream answered with, and does not tell it', () => {
    const upstream = { status: 422, code: null, message: 'No.', param: null };
    expect(new GatewayError('upstream_refused', { upstream }).upstreamStatus).toBe(422);
    const error = new GatewayError('upstream_rejected', { upstreamStatus: 401 });
    expect([error.upstreamStatus, error.status]).toEqual([401, 503]);
    expect(new GatewayError('upstream_unavailable').upstreamStatus).toBeUndefined();
  });

  it('does not tell its cause', () => {
    const error = new GatewayError('server_error', { cause: new Error('secret') });
    expect(error.cause).toEqual(new Error('secret'));
    expect(JSON.stringify(error.toBody())).not.toContain('secret');
  });
});

describe('when to come back', () => {
  it.each([
    [0, '0', '0'],
    [0.001, '1', '1'],
    [0.0001, '1', '1'],
    [1, '1', '1000'],
    [1.5, '2', '1500'],
    [59.001, '60', '59001'],
  ])('in %d s: retry-after %s, retry-after-ms %s', (retryAfter, seconds, milliseconds) => {
    expect(new GatewayError('rate_limit_exceeded', { retryAfter }).toHeaders()).toEqual({
      'retry-after': seconds,
      'retry-after-ms': milliseconds,
    });
  });

  it('is not said where nobody knows', () => {
    expect(new GatewayError('rate_limit_exceeded').toHeaders()).toEqual({});
    expect(new GatewayError('upstream_unavailable').toHeaders()).toEqual({});
  });

  it('can be another time, and all else stays', () => {
    const upstream = { status: 429, code: 'x', message: 'Theirs.', param: 'theirs' };
    const details = { upstream, message: 'Ours.', param: 'ours', cause: new Error('x'), retryAfter: 9 };
    const error = new GatewayError('rate_limit_exceeded', details);
    expect(error.withRetryAfter(9)).toBe(error);
    const sooner = error.withRetryAfter(2);
    expect({ ...sooner, message: sooner.message, cause: sooner.cause }).toEqual({
      ...error,
      message: error.message,
      cause: error.cause,
      retryAfter: 2,
    });
  });

  it('is never, where asking again cannot help', () => {
    const stubborn = CODES.filter((code) => new GatewayError(code).toHeaders()['x-should-retry'] === 'false');
    expect(stubborn.sort()).toEqual(['deadline_exceeded', 'insufficient_quota', 'upstream_rejected']);
  });
});

describe('any thrown thing', () => {
  it('stays the error that it is', () => {
    const error = new GatewayError('bad_request');
    expect(GatewayError.from(error)).toBe(error);
  });

  it.each([new Error('x'), 'x', undefined, null, 7])('is a 500 with %s as its cause', (thrown) => {
    const error = GatewayError.from(thrown);
    expect(error).toMatchObject({ code: 'server_error', status: 500, retry: 'never' });
    expect(error.cause).toBe(thrown);
  });
});
