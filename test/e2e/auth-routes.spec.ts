import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { rawRequest } from '../support/raw-request.js';

/** Every route that is not public, with something in place of its parameters. */
const ROUTES: [string, string][] = [
  ['POST', '/chat/completions'],
  ['POST', '/completions'],
  ['POST', '/embeddings'],
  ['POST', '/images/generations'],
  ['POST', '/images/edits'],
  ['POST', '/images/variations'],
  ['POST', '/audio/transcriptions'],
  ['POST', '/audio/translations'],
  ['POST', '/audio/speech'],
  ['POST', '/moderations'],
  ['GET', '/models'],
  ['GET', '/models/my-gpt-4'],
  ['GET', '/admin/keys'],
  ['POST', '/admin/keys'],
  ['GET', '/admin/keys/KEY'],
  ['PATCH', '/admin/keys/KEY'],
  ['DELETE', '/admin/keys/KEY'],
  ['POST', '/admin/keys/KEY/rotate'],
  ['POST', '/admin/keys/KEY/revoke'],
  ['GET', '/admin/providers'],
  ['POST', '/admin/providers'],
  ['GET', '/admin/providers/PROVIDER'],
  ['PATCH', '/admin/providers/PROVIDER'],
  ['DELETE', '/admin/providers/PROVIDER'],
  ['POST', '/admin/providers/PROVIDER/test'],
  ['GET', '/admin/providers/PROVIDER/models'],
  ['GET', '/admin/models'],
  ['POST', '/admin/models'],
  ['GET', '/admin/models/stats'],
  ['GET', '/admin/models/my-gpt-4'],
  ['PUT', '/admin/models/my-gpt-4'],
  ['PATCH', '/admin/models/my-gpt-4'],
  ['DELETE', '/admin/models/my-gpt-4'],
  ['GET', '/admin/requests'],
  ['GET', '/admin/requests/req_1'],
  ['GET', '/admin/usage'],
  ['GET', '/admin/prices'],
  ['PUT', '/admin/prices/openai/gpt-4o'],
  ['DELETE', '/admin/prices/openai/gpt-4o'],
  ['GET', '/admin/audit'],
];
const PUBLIC = ['/health', '/ready', '/openapi.json'];

let bench: TestBench;
let ids: { KEY: string; PROVIDER: string };

beforeAll(async () => {
  bench = await startBench();
  await bench.addModel('my-gpt-4', 'gpt-upstream');
  const { id } = await bench.admin('POST', '/keys', { name: 'target' });
  const { data } = await bench.admin('GET', '/providers');
  ids = { KEY: id, PROVIDER: data[0].id };
});
afterAll(() => bench.close());

const fill = (path: string): string => path.replace('KEY', ids.KEY).replace('PROVIDER', ids.PROVIDER);

/** A request that is as good as it can be without a key. */
async function send(method: string, target: string, host = 'x'): Promise<number> {
  const body = ['POST', 'PUT', 'PATCH'].includes(method)
    ? JSON.stringify({
        name: 'intruder',
        model: 'my-gpt-4',
        messages: [{ role: 'user', content: 'x' }],
      })
    : '';
  const head = `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n`;
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
      await Promise.all(
        [method, 'HEAD', 'OPTIONS'].flatMap((verb) =>
          spellings(path).map(async ([target, host]) => {
            const status = await send(verb, target, host);
            if (status < 400 || status >= 500) opened.push(`${verb} ${target} (${host}): ${status}`);
          }),
        ),
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
        .replace(/KEY|PROVIDER|req_1/, ':id')
        .replace(/\/models\/my-gpt-4$/, '/models/*')
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
