import { generateKeyPairSync, verify } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StubAnswer, StubRequest } from './stub-upstream.js';

const EMAIL = 'gateway@our-project.iam.gserviceaccount.com';
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

/** Vertex AI that says what a test tells it to, and the token server that it believes. */
export interface FakeGoogle {
  readonly url: string;
  /** The JSON key of a service account, as Google's console gives it. */
  readonly serviceAccount: Readonly<Record<string, string>>;
  /** The request that came last to Vertex AI. */
  readonly last: StubRequest;
  /** How many tokens were asked for. */
  readonly tokens: number;
  /** How many calls came to Vertex AI, good or not. */
  readonly calls: number;
  answerWith(answer: StubAnswer): void;
  /** The token that is out is good no more. */
  revoke(): void;
  /** What the token server answers in place of a token; undefined: a token. */
  failTokens(how: ((response: ServerResponse) => void) | undefined): void;
  close(): Promise<void>;
}

export async function startFakeGoogle(): Promise<FakeGoogle> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const state = { tokens: 0, calls: 0, good: '' };
  let answer: StubAnswer = { body: '{}' };
  let last: StubRequest | undefined;
  let failure: ((response: ServerResponse) => void) | undefined;

  const giveToken = (form: string, response: ServerResponse): void => {
    state.tokens += 1;
    if (failure) return failure(response);
    const fault = faultOf(new URLSearchParams(form), publicKey, `${url}/token`);
    if (fault) return reply(response, 400, { error: 'invalid_grant', error_description: fault });
    state.good = `ya29.token-${state.tokens}`;
    reply(response, 200, { access_token: state.good, expires_in: 3599, token_type: 'Bearer' });
  };
  const giveAnswer = (request: IncomingMessage, body: Buffer, response: ServerResponse): void => {
    state.calls += 1;
    const { url: path = '', headers, rawHeaders } = request;
    last = { url: path, headers, rawHeaders, body };
    if (headers.authorization !== `Bearer ${state.good}`) {
      const error = { code: 401, message: 'Invalid credentials.', status: 'UNAUTHENTICATED' };
      return reply(response, 401, { error });
    }
    const { status = 200, type = 'application/json', headers: own = {}, body: given } = answer;
    response.writeHead(status, { 'content-type': type, ...own });
    response.end(typeof given === 'string' ? given : given(last));
  };
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.once('end', () => {
      const body = Buffer.concat(pieces);
      if (request.url === '/token') giveToken(body.toString(), response);
      else giveAnswer(request, body, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    serviceAccount: {
      type: 'service_account',
      project_id: 'our-project',
      private_key_id: 'key-1',
      private_key: privateKey,
      client_email: EMAIL,
      token_uri: `${url}/token`,
    },
    get last() {
      if (!last) throw new Error('Nothing came.');
      return last;
    },
    get tokens() {
      return state.tokens;
    },
    get calls() {
      return state.calls;
    },
    answerWith: (next) => void (answer = next),
    revoke: () => void (state.good = 'none'),
    failTokens: (how) => void (failure = how),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What Google would not take about an assertion (RFC 7523, 3); undefined: nothing. */
function faultOf(form: URLSearchParams, publicKey: string, audience: string): string | undefined {
  const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
  const input = Buffer.from(`${header}.${claims}`);
  if (form.get('grant_type') !== GRANT_TYPE) return 'Unknown grant type.';
  if (!verify('RSA-SHA256', input, publicKey, Buffer.from(signature, 'base64url'))) {
    return 'Invalid JWT Signature.';
  }
  const { alg, kid } = decode(header);
  const { iss, aud, scope, iat, exp } = decode(claims);
  const now = Date.now() / 1000;
  if (alg !== 'RS256' || kid !== 'key-1') return 'Invalid header.';
  if (iss !== EMAIL || aud !== audience || scope !== SCOPE) return 'Invalid claims.';
  const [issued, expires] = [Number(iat), Number(exp)];
  const isTimely = issued > now - 60 && issued <= now + 1 && expires > now && expires <= issued + 3600;
  return isTimely ? undefined : 'Invalid times.';
}

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
