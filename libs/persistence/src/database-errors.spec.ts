import { describe, expect, it } from 'vitest';
import { asGatewayError, isOutage } from './database-errors.js';

const coded = (code: string) => Object.assign(new Error(code), { code });

describe('isOutage', () => {
  it.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'P1001', 'P2024', '08006', '57P01', '57P03', '53300'])(
    'knows %s',
    (code) => expect(isOutage(coded(code))).toBe(true),
  );

  it.each([
    'timeout exceeded when trying to connect',
    'Query read timeout',
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
  ])('knows the driver’s: %s', (message) => expect(isOutage(new Error(message))).toBe(true));

  it('finds it in a cause, and does not run in circles', () => {
    expect(isOutage(new Error('failed', { cause: coded('ECONNREFUSED') }))).toBe(true);
    const circle = new Error('circle');
    circle.cause = circle;
    expect(isOutage(circle)).toBe(false);
  });

  it.each(['P2002', 'P2025', '23505', '42601', '57014'])('lets an answer be one: %s', (code) =>
    expect(isOutage(coded(code))).toBe(false),
  );
});

describe('asGatewayError', () => {
  it('says 503, and when to come again, of a database that is away', () => {
    const error = asGatewayError(coded('ECONNREFUSED'));
    expect(error).toMatchObject({ code: 'service_unavailable', retryAfter: 1 });
    expect(error.message).not.toContain('ECONNREFUSED');
  });

  it.each([
    ['P2002', 'conflict'],
    ['P2003', 'conflict'],
    ['P2025', 'not_found'],
    ['42601', 'server_error'],
  ])('says of %s: %s', (code, said) => expect(asGatewayError(coded(code)).code).toBe(said));
});
