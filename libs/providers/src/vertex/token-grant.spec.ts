import { describe, expect, it } from 'vitest';
import { GatewayError } from '#contract';
import { tokenGrant } from './token-grant.js';

const ACCOUNT = {
  type: 'service_account',
  client_email: 'gateway@our-project.iam.gserviceaccount.com',
  private_key: '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n',
  private_key_id: 'key-1',
  token_uri: 'https://token.example/token',
};
const grantOf = (members: object = {}) => tokenGrant(JSON.stringify({ ...ACCOUNT, ...members }));
const decoded = (part: string | undefined) => JSON.parse(Buffer.from(part ?? '', 'base64url').toString());

describe('a service account', () => {
  it('asks its token server for the platform, for an hour', () => {
    const [header, claims] = grantOf()?.signingInput(1_700_000_000).split('.') ?? [];
    expect(decoded(header)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'key-1' });
    expect(decoded(claims)).toEqual({
      iss: 'gateway@our-project.iam.gserviceaccount.com',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      aud: 'https://token.example/token',
      iat: 1_700_000_000,
      exp: 1_700_003_600,
    });
    expect(grantOf()?.url.href).toBe('https://token.example/token');
    expect(grantOf({ token_uri: undefined })?.url.href).toBe('https://oauth2.googleapis.com/token');
  });

  it('sends what it signed as a form', () => {
    const form = new URLSearchParams(grantOf()?.body('a.b.c').toString());
    expect([...form]).toEqual([
      ['grant_type', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
      ['assertion', 'a.b.c'],
    ]);
  });

  it.each([undefined, 'AIzaKey', 'ya29.token', '{}', '{'])('is not %s', (secret) => {
    expect(tokenGrant(secret)).toBeUndefined();
  });
});

describe('an answer of the token server', () => {
  const read = (status: number, body: string, retryAfter?: number) =>
    grantOf()?.read(status, Buffer.from(body), retryAfter);

  it.each([
    ['{"access_token":"ya29.x","expires_in":3599,"token_type":"Bearer"}', { token: 'ya29.x', seconds: 3599 }],
    ['{"access_token":"ya29.x"}', { token: 'ya29.x', seconds: 300 }],
    ['{"access_token":"ya29.x","expires_in":"soon"}', { token: 'ya29.x', seconds: 300 }],
  ])('%s', (body, token) => expect(read(200, body)).toEqual(token));

  it.each<[number, string, string, string | undefined]>([
    [400, '{"error":"invalid_grant","error_description":"my secret"}', 'upstream_rejected', 'invalid_grant'],
    [401, '{"error":"invalid_client"}', 'upstream_rejected', 'invalid_client'],
    [404, '<html>', 'upstream_rejected', undefined],
    [429, '{}', 'upstream_unavailable', undefined],
    [500, '{"error":{"message":"x"}}', 'upstream_unavailable', undefined],
    [503, '{"error":"my secret is here"}', 'upstream_unavailable', undefined],
    [200, '{"id_token":"x"}', 'upstream_unavailable', undefined],
    [200, '{"access_token":"two\\nlines"}', 'upstream_unavailable', undefined],
    [200, 'null', 'upstream_unavailable', undefined],
  ])('of status %i and %s is an error', (status, body, code, reason) => {
    const failed = (() => {
      try {
        return read(status, body, 7);
      } catch (error) {
        return error;
      }
    })() as GatewayError;
    expect(failed).toBeInstanceOf(GatewayError);
    const retryAfter = code === 'upstream_unavailable' ? 7 : undefined;
    const upstreamStatus = code === 'upstream_rejected' ? 401 : status;
    expect(failed).toMatchObject({ code, retryAfter, upstreamStatus });
    expect((failed.cause as { code?: string }).code).toBe(reason);
    expect(`${failed.message} ${String(failed.cause)}`).not.toContain('my secret');
  });
});
