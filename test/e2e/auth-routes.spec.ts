import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { rawRequest } from '../support/raw-request.js';
import { PUBLIC, ROUTES } from '../support/routes.js';

let bench: TestBench;
let ids: { KEY: string; TEAM: string; PROVIDER: string };

beforeAll(async () => {
  bench = await startBench();
  await bench.addModel('my-gpt-4', 'gpt-upstream');
  const { id } = await bench.admin('POST', '/keys', { name: 'target' });
  const team = await bench.admin('POST', '/teams', { name: 'target' });
  const { data } = await bench.admin('GET', '/providers');
  ids = { KEY: id, TEAM: team.id, PROVIDER: data[0].id };
});
afterAll(() => bench.close());

const fill = (path: string): string =>
  path.replace('KEY', ids.KEY).replace('TEAM', ids.TEAM).replace('PROVIDER', ids.PROVIDER);

/** A request that is as good as it can be without a key. */
async function send(
  method: string,
  target: string,
  host = 'x',
  lines: readonly string[] = [],
): Promise<number> {
  const body = ['POST', 'PUT', 'PATCH'].includes(method)
    ? JSON.stringify({
        name: 'intruder',
        model: 'my-gpt-4',
        messages: [{ role: 'user', content: 'x' }],
      })
    : '';
  const head = [`${method} ${target} HTTP/1.1`, `host: ${host}`, 'connection: close', ...lines, ''].join(
    '\r\n',
  );
  const type = body ? `content-type: application/json\r\ncontent-length: ${body.length}\r\n` : '';
  return (await rawRequest(bench.url, `${head}${type}\r\n${body}`)).status;
}

/** Ways to write a path that some router or proxy takes for the same. */
function spellings(path: string): [string, string?][] {
  const last = path.length - 1;
  const escape = (at: number): string =>
    `${path.slice(0, at)}%${path.charCodeAt(at).toString(16)}${path.slice(at + 1)}`;
  return [
    [path],
    [`${path}/`],
    [`/${path}`],
    [`${path}//`],
    [path.replaceAll('/', '//')],
    [escape(1)],
    [escape(last)],
    [path.replace('/v1', '/%761')],
    [path.toUpperCase()],
    [`${path}?x=/health`],
    [`${path}#/health`],
    [`${path};/health`],
    [`/health/..${path}`],
    [`/health/%2e%2e${path}`],
    [`${path}/../../../health`],
    [`/.${path}`],
    [`${path}%00`],
    [`${path}%2fhealth`],
    [path.replaceAll('/', '\\')],
    [`http://x${path}`],
    [`http://x/health/..${path}`],
    [`//x${path}`],
    [path, 'x/#@y'],
    [path, 'x/health?'],
    [path, 'localhost'],
    [path, 'user@x'],
  ];
}

/** Headers that are no good key, and headers that some server lets itself be led astray by. */
const HEADERS: string[][] = [
  ['authorization: Bearer sk-pllm-unknown'],
  ['x-api-key: sk-pllm-unknown'],
  ['authorization: Bearer sk-pllm-unknown', 'x-api-key: sk-pllm-unknown'],
  ['x-api-key: sk-pllm-unknown', 'authorization: Bearer sk-pllm-unknown'],
  ['api-key: sk-pllm-unknown', 'x-goog-api-key: sk-pllm-unknown'],
  ['authorization: Bearer ', 'x-api-key: '],
  ['authorization: Bearer', 'authorization: Bearer'],
  ['authorization: Basic Og=='],
  ['authorization: Bearer undefined', 'x-api-key: null'],
  ["x-api-key: ' or 1=1 --"],
  ['x-forwarded-for: 127.0.0.1', 'x-real-ip: 127.0.0.1', 'x-forwarded-host: localhost'],
  ['x-original-url: /health', 'x-rewrite-url: /health'],
  ['x-http-method-override: GET', 'x-method-override: GET'],
  ['origin: https://app.example'],
  ['connection: authorization, x-api-key'],
  ['upgrade: h2c', 'http2-settings: AAMAAABkAAQCAAAAAAIAAAAA'],
];

/** Fastify's tree of routes, flat; HEAD goes with GET. */
function servedRoutes(tree: string): string[] {
  const parents: string[] = [];
  return tree
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', segment = '', methods = ''] = /^([│ ]*)[├└]── (\S+) \((.*)\)$/.exec(line) ?? [];
      const depth = indent.length / 4;
      const slash = segment.startsWith('/') ? '' : '/';
      parents[depth] = `${depth === 0 ? '' : parents[depth - 1]}${slash}${segment}`;
      const verbs = methods.split(', ').filter((method) => method !== 'HEAD');
      return verbs.map((method) => `${method} ${parents[depth]}`);
    });
}

describe('without a key', () => {
  it.each(['/v1', '/api/v1'])('no spelling of a route under %s lets anybody in', async (prefix) => {
    const before = await bench.admin('GET', '/audit');
    const opened: string[] = [];
    for (const [method, route] of ROUTES) {
      const path = fill(`${prefix}${route}`);
      const attempts: [string, string, string?, string[]?][] = [method, 'HEAD', 'OPTIONS'].flatMap((verb) => [
        ...spellings(path).map(([target, host]) => [verb, target, host] satisfies [string, string, string?]),
        ...HEADERS.map((lines) => [verb, path, 'x', lines] satisfies [string, string, string, string[]]),
      ]);
      await Promise.all(
        attempts.map(async ([verb, target, host, lines]) => {
          const status = await send(verb, target, host, lines);
          if (status < 400 || status >= 500) opened.push(`${verb} ${target} (${host}, ${lines}): ${status}`);
        }),
      );
    }
    expect(opened).toEqual([]);
    expect(bench.sandbox.ledger.requests).toHaveLength(0);
    expect(await bench.admin('GET', '/audit')).toEqual(before);
  });

  it.each(PUBLIC)('%s is open, in any way it may be asked for', async (path) => {
    for (const target of [path, `${path}/`, `${path}?x`]) {
      expect([target, await send('GET', target)]).toEqual([target, 200]);
      expect([target, await send('HEAD', target)]).toEqual([target, 200]);
    }
  });

  it('the matrix knows every route that there is', () => {
    const served = servedRoutes(
      bench.gateway.app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false }),
    );
    const pattern = (path: string): string =>
      path
        .replace(/KEY|TEAM|PROVIDER|req_1|resp_1/, ':id')
        .replace(/\/models\/my-gpt-4(\/explain)?$/, '/models/*')
        // Of the printed tree, lines without a method are left out.
        .replace(/\/prices\/openai\/gpt-4o$/, '/prices/*');
    const known = ['/v1', '/api/v1'].flatMap((prefix) =>
      ROUTES.map(([method, path]) => `${method} ${prefix}${pattern(path)}`),
    );
    const open = PUBLIC.map((path) => `GET ${path}`);
    expect(served.toSorted()).toEqual([...known, ...open].toSorted());
  });
});

describe('with a key', () => {
  it('the same routes answer, so that the matrix means something', async () => {
    for (const [method, route] of ROUTES) {
      if (method === 'DELETE') continue;
      const body = method === 'GET' ? undefined : '{}';
      const headers = { authorization: `Bearer ${MASTER_KEY}` };
      const answer = await bench.request(method, fill(`/v1${route}`), body, headers);
      const isServed =
        answer.status < 300 || [400, 415].includes(answer.status) || answer.json?.error.code === 'not_found';
      expect([method, route, isServed]).toEqual([method, route, true]);
    }
  });
});
