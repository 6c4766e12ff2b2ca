import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { rawRequest } from '../support/raw-request.js';
import { PUBLIC, ROUTES } from '../support/routes.js';

const PAGE = 'https://app.example';
const CHAT = '/v1/chat/completions';

let bench: TestBench;
let key: string;

beforeAll(async () => {
  bench = await startBench();
  await bench.addModel('m', 'gpt-upstream');
  key = await bench.addKey();
});
afterAll(() => bench.close());

const body = { model: 'm', messages: [{ role: 'user', content: 'Hello!' }] };

/** What the official SDK's requests would be preceded by, from a browser. */
const SDK_HEADERS =
  'authorization,content-type,x-stainless-arch,x-stainless-helper-method,x-stainless-lang,x-stainless-os,' +
  'x-stainless-package-version,x-stainless-retry-count,x-stainless-runtime,x-stainless-runtime-version,x-stainless-timeout';

function preflight(
  at: TestBench,
  path: string,
  { method = 'POST', headers = SDK_HEADERS, origin = PAGE } = {},
): Promise<Response> {
  return fetch(`${at.url}${path}`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': headers },
  });
}

describe('a page that asks whether it may call', () => {
  it('may, without a key, wherever there is a route', async () => {
    bench.sandbox.ledger.clear();
    const odd = [`${CHAT}/`, `/${CHAT}`, '/v1//chat/completions', `${CHAT}?x=1`, '/v1/models/a%2Fb'];
    const paths = ROUTES.flatMap(([, path]) => [`/v1${path}`, `/api/v1${path}`]);
    for (const path of [...paths, ...PUBLIC, ...odd, '/v1/models/a/b:c']) {
      const answer = await preflight(bench, path);
      expect([path, answer.status, await answer.text()]).toEqual([path, 204, '']);
      const { headers } = answer;
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('access-control-allow-headers')).toBe(SDK_HEADERS);
      expect(headers.get('access-control-max-age')).toMatch(/^\d+$/);
      expect(headers.get('access-control-allow-credentials')).toBeNull();
    }
    expect(bench.sandbox.ledger.requests).toHaveLength(0);
  });

  it('is told the methods of the route', async () => {
    const allowed = async (path: string) =>
      (await preflight(bench, path)).headers.get('access-control-allow-methods')?.split(', ').toSorted();
    expect(await allowed(CHAT)).toEqual(['POST']);
    expect(await allowed('/v1/models')).toEqual(['GET', 'HEAD']);
    expect(await allowed('/v1/admin/keys/x')).toEqual(['DELETE', 'GET', 'HEAD', 'PATCH']);
  });

  it.each([
    ['none', undefined],
    ['what are no names', 'a b, <c>'],
    ['more than anybody needs', 'x-a,'.repeat(2_000) + 'x-b'],
  ])('may send any header when it asks for %s', async (_, asked) => {
    const lines = asked === undefined ? '' : `access-control-request-headers: ${asked}\r\n`;
    const answer = await rawRequest(
      bench.url,
      `OPTIONS ${CHAT} HTTP/1.1\r\nhost: x\r\norigin: ${PAGE}\r\naccess-control-request-method: POST\r\n${lines}connection: close\r\n\r\n`,
    );
    expect([answer.status, answer.headers.get('access-control-allow-headers')]).toEqual([
      204,
      'authorization, *',
    ]);
  });

  it('gets an error where nothing is, and where it only asks for options', async () => {
    expect((await preflight(bench, '/v1/nothing')).status).toBe(404);
    const plain = await fetch(`${bench.url}${CHAT}`, { method: 'OPTIONS' });
    expect([plain.status, plain.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('an answer to a page', () => {
  const READABLE = ['*', '*'];
  const cors = (headers: Headers) => [
    headers.get('access-control-allow-origin'),
    headers.get('access-control-expose-headers'),
  ];
  const authorization = (): Record<string, string> => ({ origin: PAGE, authorization: `Bearer ${key}` });

  it.each([
    ['a whole one', 'POST', CHAT, body, 200],
    ['a stream', 'POST', CHAT, { ...body, stream: true }, 200],
    ['a list', 'GET', '/v1/models', undefined, 200],
    ['an unknown model', 'POST', CHAT, { ...body, model: 'unknown' }, 404],
    ['a broken body', 'POST', CHAT, '{', 400],
    ['an unknown URL', 'GET', '/v1/nothing', undefined, 404],
    ['a wrong method', 'DELETE', CHAT, undefined, 405],
  ])('can be read: %s', async (_, method, path, sent, status) => {
    const answer = await bench.request(method, path, sent, authorization());
    expect([answer.status, cors(answer.headers)]).toEqual([status, READABLE]);
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
  });

  it('can be read when it is a 401, a 413 or one to a body that is no HTTP', async () => {
    const head = `POST ${CHAT} HTTP/1.1\r\nhost: x\r\norigin: ${PAGE}\r\ncontent-type: application/json\r\n`;
    const bearer = `authorization: Bearer ${key}\r\n`;
    for (const [request, status] of [
      [`${head}content-length: 2\r\n\r\n{}`, 401],
      [`${head}${bearer}content-length: 999999999\r\n\r\n{`, 413],
      [`${head}${bearer}transfer-encoding: chunked\r\n\r\nzz\r\n`, 400],
    ] as const) {
      const answer = await rawRequest(bench.url, request);
      expect([answer.status, cors(answer.headers)]).toEqual([status, READABLE]);
    }
  });

  it('says nothing of origins to whoever is no page', async () => {
    const answer = await bench.request('POST', CHAT, body, { authorization: `Bearer ${key}` });
    expect([...answer.headers.keys()].filter((name) => /^access-control|^vary$/.test(name))).toEqual([]);
  });
});

describe('with PLLM_CORS_ORIGINS', () => {
  let strict: TestBench;
  beforeAll(async () => {
    strict = await startBench({ PLLM_CORS_ORIGINS: `${PAGE}, http://localhost:3000` });
  });
  afterAll(() => strict.close());

  it.each([PAGE, 'http://localhost:3000'])('a page of %s may call', async (origin) => {
    for (const answer of [
      await preflight(strict, CHAT, { origin }),
      await strict.request('GET', '/v1/models', undefined, { origin }),
    ]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
      expect(answer.headers.get('vary')).toBe('origin');
    }
  });

  it.each(['https://evil.example', 'https://app.example.evil', 'http://app.example', 'null', `${PAGE}:8443`])(
    'a page of %s may not',
    async (origin) => {
      for (const answer of [
        await preflight(strict, CHAT, { origin }),
        await strict.request('GET', '/v1/models', undefined, { origin }),
      ]) {
        expect(answer.headers.get('access-control-allow-origin')).toBeNull();
        expect(answer.headers.get('vary')).toBe('origin');
      }
    },
  );
});
