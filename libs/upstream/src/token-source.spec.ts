import { generateKeyPairSync, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_TIMEOUTS, GatewayError } from '#contract';
import type { Provider } from '#contract';
import type { ProviderAdapter, TokenGrant } from '#providers';
import type { AccessToken } from './access-token.js';
import type { Exchange } from './exchange.js';
import { TokenSource } from './token-source.js';
import { UpstreamClient } from './upstream-client.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

const SECOND = 1000;
const LIFE = 3600;

let server: Server;
let origin: string;
/** What the token server was asked, and what answers it. */
let asked: string[];
let answer: (response: ServerResponse) => void;
/** What the upstream got. */
let received: IncomingMessage[];
let status: number;
let now: number;
let client: UpstreamClient;
let tokens: TokenSource;
let provider: Provider;

beforeEach(async () => {
  [asked, received, status, now] = [[], [], 200, 1_700_000_000_000];
  answer = (response) => void response.end(`token-${asked.length}`);
  server = createServer((request, response) => {
    if (request.url !== '/token?a=b') {
      received.push(request);
      return void response.writeHead(status).end('{}');
    }
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.once('end', () => {
      asked.push(body);
      answer(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new UpstreamClient();
  tokens = new TokenSource(client, () => now);
  provider = { id: 'p', name: 'p', type: 'x', baseUrl: origin, secret: 'secret', headers: {} };
});

afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  server.close();
});

/** Signs the time; the answer is the token. */
function grantOf(secret: string | undefined): TokenGrant | undefined {
  if (secret === undefined) return undefined;
  return {
    url: new URL(`${origin}/token?a=b`),
    privateKey: secret === 'broken' ? 'no key' : privateKey,
    signingInput: (time) => `${secret}.${time}`,
    body: (assertion) => Buffer.from(assertion),
    read: (code, body, retryAfter) => {
      if (code === 200) return { token: body.toString(), seconds: LIFE };
      throw new GatewayError(code < 500 ? 'upstream_rejected' : 'upstream_unavailable', { retryAfter });
    },
  };
}
const adapter: Pick<ProviderAdapter, 'tokenGrant'> = { tokenGrant: grantOf };

function tokenOf(own: Partial<Provider> = {}): AccessToken {
  const token = tokens.of({ ...provider, ...own }, adapter);
  if (!token) throw new Error('There is no token.');
  return token;
}

function send(token = tokenOf()): Exchange {
  return client.send({
    origin,
    path: '/x',
    method: 'POST',
    headers: ['x-own', 'Yes'],
    token,
    body: Buffer.from('{}'),
    timeouts: DEFAULT_TIMEOUTS,
    wholeBytes: 1024,
  });
}

/** What the upstream was shown. */
async function shown(exchange = send()): Promise<string | undefined> {
  await exchange.begun();
  return received.at(-1)?.headers.authorization;
}

const failureOf = (promise: Promise<unknown>): Promise<GatewayError> =>
  promise.then(
    () => Promise.reject(new Error('Nothing was thrown.')),
    (error: unknown) => error as GatewayError,
  );

describe('a token', () => {
  it('is asked for by what the secret signs, and goes out with the request', async () => {
    expect(await shown()).toBe('Bearer token-1');
    expect(received[0]?.headers['x-own']).toBe('Yes');
    const [header, claims, signature = ''] = asked[0]?.split('.') ?? [];
    expect([header, claims]).toEqual(['secret', '1700000000']);
    const input = Buffer.from(`${header}.${claims}`);
    expect(verify('RSA-SHA256', input, publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
  });

  it('is asked for once, however many wait for it', async () => {
    const exchanges = [send(), send(), send()];
    expect(await Promise.all(exchanges.map((exchange) => shown(exchange)))).toEqual(
      Array.from({ length: 3 }, () => 'Bearer token-1'),
    );
    expect(asked).toHaveLength(1);
  });

  it('is kept until shortly before its end', async () => {
    await shown();
    now += (LIFE - 301) * SECOND;
    expect(await shown()).toBe('Bearer token-1');
    expect(asked).toHaveLength(1);
    now += 300 * SECOND;
    expect(await shown()).toBe('Bearer token-2');
  });

  it('is renewed while the old one is good, and nobody waits for that', async () => {
    await shown();
    let release: (() => void) | undefined;
    answer = (response) => (release = () => void response.end('token-new'));
    now += (LIFE - 299) * SECOND;
    expect(await shown()).toBe('Bearer token-1');
    expect(await shown()).toBe('Bearer token-1');
    await vi.waitFor(() => expect(release).toBeDefined());
    expect(asked).toHaveLength(2);
    release?.();
    await vi.waitFor(async () => expect(await shown()).toBe('Bearer token-new'));
    expect(asked).toHaveLength(2);
  });

  it('whose renewal fails serves on, and is renewed a while later', async () => {
    await shown();
    answer = (response) => void response.writeHead(500).end();
    now += (LIFE - 299) * SECOND;
    expect(await shown()).toBe('Bearer token-1');
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    expect(await shown()).toBe('Bearer token-1');
    expect(asked).toHaveLength(2);
    answer = (response) => void response.end('token-new');
    now += 11 * SECOND;
    await vi.waitFor(async () => expect(await shown()).toBe('Bearer token-new'));
    expect(asked).toHaveLength(3);
  });

  it('that the upstream refuses is thrown away, once for all who had it', async () => {
    await shown();
    status = 401;
    const exchanges = [send(), send()];
    await Promise.all(exchanges.map((exchange) => exchange.begun()));
    const token = tokenOf();
    expect(exchanges.map((exchange) => token.refuse(exchange))).toEqual([true, true]);
    status = 200;
    expect(await shown()).toBe('Bearer token-2');
    // An answer to the old token says nothing of the new one.
    expect(token.refuse(exchanges[0] as Exchange)).toBe(true);
    expect(await shown()).toBe('Bearer token-2');
  });

  it('that is new and refused is no better the next time', async () => {
    status = 401;
    const exchange = send();
    await exchange.begun();
    expect(tokenOf().refuse(exchange)).toBe(false);
  });
});

describe('a token that does not come', () => {
  it.each([
    [400, 'upstream_rejected'],
    [503, 'upstream_unavailable'],
  ])('is an error of everybody who waits: %i', async (code, name) => {
    answer = (response) => void response.writeHead(code, { 'retry-after': '7' }).end();
    const failures = await Promise.all([send(), send()].map((one) => failureOf(one.begun())));
    expect(failures.map((error) => [error.code, error.retryAfter])).toEqual([
      [name, 7],
      [name, 7],
    ]);
    expect([asked.length, received.length]).toEqual([1, 0]);
    answer = (response) => void response.end('token-new');
    expect(await shown()).toBe('Bearer token-new');
  });

  it('since its server is gone is an error, and tells nothing of the secret', async () => {
    answer = (response) => void response.socket?.destroy();
    const error = await failureOf(send().begun());
    expect(error.code).toBe('upstream_unavailable');
    expect(`${error.message} ${String(error.cause)}`).not.toContain('secret');
  });

  it('since its server talks without end is an error', async () => {
    answer = (response) => void response.end('x'.repeat(100_000));
    expect((await failureOf(send().begun())).code).toBe('upstream_unavailable');
  });

  it('since the key is none is an error that does not tell the key', async () => {
    const error = await failureOf(send(tokenOf({ secret: 'broken' })).begun());
    expect([error.code, String(error.cause)]).toEqual([
      'upstream_rejected',
      'Error: the private key of the service account cannot be read',
    ]);
  });

  it('since its server must not be asked is an error', async () => {
    const strict = new UpstreamClient(true);
    const token = strict.tokens.of(provider, adapter);
    const exchange = send(token);
    expect((await failureOf(exchange.begun())).code).toBe('upstream_rejected');
    expect(asked).toHaveLength(0);
    await strict.close();
  });

  it('is not waited for by a caller who is gone', async () => {
    let release: (() => void) | undefined;
    answer = (response) => (release = () => void response.end('token-1'));
    const [gone, other] = [send(), send()];
    const begun = failureOf(gone.begun());
    await vi.waitFor(() => expect(release).toBeDefined());
    gone.abort(new GatewayError('client_closed_request'));
    expect((await begun).code).toBe('client_closed_request');
    release?.();
    expect(await shown(other)).toBe('Bearer token-1');
    expect(received).toHaveLength(1);
  });
});

describe('the tokens of providers', () => {
  it('are one for a provider and its secret', () => {
    expect(tokenOf()).toBe(tokenOf());
    expect(tokenOf({ id: 'other' })).not.toBe(tokenOf());
    const before = tokenOf();
    expect(tokenOf({ secret: 'new secret' })).not.toBe(before);
    expect(tokens.of(provider, adapter)).not.toBe(before);
  });

  it.each<[string, Partial<Provider>, Pick<ProviderAdapter, 'tokenGrant'>]>([
    ['whose secret authorizes as it is', {}, {}],
    ['without a secret', { secret: undefined }, adapter],
    ['whose operator authorizes by a header', { headers: { authorization: 'Bearer x' } }, adapter],
  ])('are none for one %s', (_, own, adapterOfIt) => {
    expect(tokens.of({ ...provider, ...own }, adapterOfIt)).toBeUndefined();
  });
});
