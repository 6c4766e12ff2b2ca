import { GatewayError, isObject } from '#contract';
import type { GrantedToken, TokenGrant } from '../spec.js';
import { readSecret } from './secret.js';
import type { ServiceAccount } from './secret.js';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** The longest that Google allows, in seconds. */
const ASSERTION_SECONDS = 3600;
/** What a token is good for where the server does not say (RFC 6749, 5.1, leaves it out at will), in seconds. */
const SHORT_SECONDS = 300;

/** Undefined: the secret is no service account's. */
export function tokenGrant(secret: string | undefined): TokenGrant | undefined {
  const read = readSecret(secret);
  return read.kind === 'account' ? grantOf(read.account) : undefined;
}

function grantOf({ email, privateKey, keyId, tokenUrl }: ServiceAccount): TokenGrant {
  const header = { alg: 'RS256', typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) };
  return {
    url: tokenUrl,
    privateKey,
    signingInput: (now) => {
      const times = { iat: now, exp: now + ASSERTION_SECONDS };
      const claims = { iss: email, scope: SCOPE, aud: tokenUrl.href, ...times };
      return `${encode(header)}.${encode(claims)}`;
    },
    body: (assertion) => Buffer.from(new URLSearchParams({ grant_type: GRANT_TYPE, assertion }).toString()),
    read: readToken,
  };
}

/** The answer of a token server (RFC 6749, 5). @throws GatewayError */
function readToken(status: number, body: Buffer, retryAfter?: number): GrantedToken {
  const { access_token: token, expires_in: seconds, error } = parse(body);
  const isToken = typeof token === 'string' && /^[\x21-\x7e]+$/.test(token);
  if (status === 200 && isToken) {
    const isKnown = typeof seconds === 'number' && seconds > 0;
    return { token, seconds: isKnown ? seconds : SHORT_SECONDS };
  }
  // Its code is from a list (RFC 6749, 5.2); what is said beside it may hold anything.
  const code = typeof error === 'string' && /^\w{1,64}$/.test(error) ? error : undefined;
  const reason = new Error(`token server status ${status}`);
  const cause = code === undefined ? reason : Object.assign(reason, { code });
  const isRejected = status >= 400 && status < 500 && status !== 408 && status !== 429;
  // OAuth says 400 of most keys that are not good: to whoever routes calls it is what 401 is elsewhere.
  if (isRejected) throw new GatewayError('upstream_rejected', { cause, upstreamStatus: 401 });
  throw new GatewayError('upstream_unavailable', { cause, upstreamStatus: status, retryAfter });
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function parse(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString());
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
