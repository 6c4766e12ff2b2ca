import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseText, spellingsOf } from '../support/database-text.js';
import { badRequest, expectError } from '../support/expect-error.js';
import type { ExpectedError } from '../support/expect-error.js';
import { MASTER_KEY, startBench, UPSTREAM_KEY } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { freePort } from '../support/postgres-server.js';
import { startStub } from '../support/stub-upstream.js';
import type { StubUpstream } from '../support/stub-upstream.js';

const NOT_FOUND = { status: 404, type: 'invalid_request_error', code: 'not_found', param: null };
const CONFLICT = { status: 409, type: 'invalid_request_error', code: 'conflict', param: null };
const SECRET = 'sk-provider-secret-abcdefgh';
const HEADER_SECRET = 'tenant-secret-12345678';

let bench: TestBench;
let stub: StubUpstream;
let count = 0;

beforeAll(async () => {
  bench = await startBench();
  stub = await startStub();
});
afterAll(async () => {
  await bench.close();
  await stub.close();
});

const ask = (method: string, path: string, body?: unknown): Promise<Answer> =>
  bench.request(method, `/v1/admin${path}`, body, { authorization: `Bearer ${MASTER_KEY}` });
const base = (fields: object = {}) => ({
  name: `provider-${++count}`,
  type: 'openai-compatible',
  base_url: bench.sandbox.url,
  ...fields,
});
const make = (fields: object = {}): Promise<Answer['json']> =>
  bench.admin('POST', '/providers', base(fields));

describe('a provider', () => {
  it('is made, and shows of its secrets what a person knows them by', async () => {
    const body = base({
      api_key: SECRET,
      headers: { 'x-tenant': HEADER_SECRET },
      timeouts: { connect_ms: 1_000, idle_ms: 5_000 },
    });
    const answer = await ask('POST', '/providers', body);
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      id: expect.stringMatching(/^prov_[0-9a-f]{24}$/),
      object: 'provider',
      source: 'api',
      name: body.name,
      type: 'openai-compatible',
      base_url: bench.sandbox.url,
      credential: { set: true, last4: 'efgh' },
      headers: { 'x-tenant': '[secret]' },
      timeouts: { connect_ms: 1_000, idle_ms: 5_000 },
      max_parallel: null,
      enabled: true,
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    expect((await ask('GET', `/providers/${answer.json.id}`)).json).toEqual(answer.json);
    const list = await bench.admin('GET', '/providers?limit=1');
    expect(list).toMatchObject({ object: 'list', has_more: true, data: [answer.json] });
    const next = await bench.admin('GET', `/providers?limit=1000&cursor=${list.next_cursor}`);
    expect(next.data.map(({ name }: { name: string }) => name)).toContain('upstream');
    expect(next).toMatchObject({ has_more: false, next_cursor: null });
  });

  it('needs no credential, and a short one shows nothing', async () => {
    expect(await make()).toMatchObject({
      credential: { set: false, last4: null },
      headers: {},
      timeouts: {},
    });
    expect(await make({ api_key: 'short' })).toMatchObject({ credential: { set: true, last4: '****' } });
  });

  it('has an address of its own where its type has one', async () => {
    const { id, base_url } = await make({ type: 'openai', base_url: undefined });
    expect(base_url).toBe('https://api.openai.com/v1');
    const without = base({ base_url: undefined });
    expectError(
      await ask('POST', '/providers', without),
      badRequest('missing_required_parameter', 'base_url'),
    );
    expect(
      await bench.admin('PATCH', `/providers/${id}`, { base_url: 'http://localhost:1/v1//' }),
    ).toMatchObject({
      base_url: 'http://localhost:1/v1',
    });
  });

  it('is changed, one field at a time, and keeps its secrets', async () => {
    const { id } = await make({ api_key: SECRET, headers: { 'x-a': '1' }, timeouts: { idle_ms: 5 } });
    const change = (fields: object) => bench.admin('PATCH', `/providers/${id}`, fields);
    const secrets = { credential: { set: true, last4: 'efgh' }, headers: { 'x-a': '[secret]' } };
    expect(await change({ enabled: false })).toMatchObject({ enabled: false, ...secrets });
    expect(await change({ timeouts: { total_ms: 7 } })).toMatchObject({
      timeouts: { total_ms: 7 },
      ...secrets,
    });
    expect((await change({ timeouts: null })).timeouts).toEqual({});
    expect(await change({ headers: { 'x-b': '2' } })).toMatchObject({ headers: { 'x-b': '[secret]' } });
    expect(await change({ headers: null })).toMatchObject({ headers: {}, credential: secrets.credential });
    expect(await change({ api_key: null })).toMatchObject({ credential: { set: false, last4: null } });
    expect(await change({ name: `renamed-${count}` })).toMatchObject({
      name: `renamed-${count}`,
      enabled: false,
    });
  });

  it('takes so many attempts at once and no more, or any number', async () => {
    const { id, max_parallel } = await make({ max_parallel: 100_000 });
    const change = (fields: object) => bench.admin('PATCH', `/providers/${id}`, fields);
    expect(max_parallel).toBe(100_000);
    expect(await change({ max_parallel: 1 })).toMatchObject({ max_parallel: 1 });
    expect(await change({ enabled: true })).toMatchObject({ max_parallel: 1 });
    expect(await change({ max_parallel: null })).toMatchObject({ max_parallel: null });
  });

  it('is not there twice by one name', async () => {
    const { name, id } = await make();
    const other = await make();
    expectError(await ask('POST', '/providers', base({ name })), CONFLICT);
    expectError(await ask('PATCH', `/providers/${other.id}`, { name }), CONFLICT);
    expect((await ask('PATCH', `/providers/${id}`, { name })).status).toBe(200);
  });

  it('is not deleted while a model uses it', async () => {
    const { id, name } = await make();
    await bench.admin('POST', '/models', { id: 'user', targets: [{ provider: name, model: 'x' }] });
    expectError(await ask('DELETE', `/providers/${id}`), CONFLICT);
    await bench.admin('DELETE', '/models/user');
    expect(await bench.admin('DELETE', `/providers/${id}`)).toEqual({
      id,
      object: 'provider',
      deleted: true,
    });
    expectError(await ask('GET', `/providers/${id}`), NOT_FOUND);
  });

  it.each([
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['POST', '/test'],
    ['GET', '/models'],
  ])('that is not there is a 404: %s %s', async (method, rest) => {
    for (const id of ['prov_000000000000000000000000', 'upstream', '%00', '..%2fkeys']) {
      expectError(
        await ask(method, `/providers/${id}${rest}`, method === 'GET' ? undefined : '{}'),
        NOT_FOUND,
      );
    }
  });
});

describe('a body that is refused', () => {
  const CASES: [object, ExpectedError][] = [
    [{ name: undefined }, badRequest('missing_required_parameter', 'name')],
    [{ name: 'with space' }, badRequest('invalid_value', 'name')],
    [{ name: 'a/b' }, badRequest('invalid_value', 'name')],
    [{ name: 'x\ny' }, badRequest('invalid_value', 'name')],
    [{ name: '' }, badRequest('invalid_value', 'name')],
    [{ name: 5 }, badRequest('invalid_type', 'name')],
    [{ type: undefined }, badRequest('missing_required_parameter', 'type')],
    [{ type: 'nothing' }, badRequest('invalid_value', 'type')],
    [{ type: '__proto__' }, badRequest('invalid_value', 'type')],
    [{ base_url: null }, badRequest('invalid_type', 'base_url')],
    [{ base_url: 'localhost:8080' }, badRequest('invalid_value', 'base_url')],
    [{ base_url: 'file:///etc/passwd' }, badRequest('invalid_value', 'base_url')],
    [{ base_url: 'ftp://x/v1' }, badRequest('invalid_value', 'base_url')],
    [{ base_url: 'http://user:pass@x/v1' }, badRequest('invalid_value', 'base_url')],
    [{ base_url: 'http://x/v1?key=1' }, badRequest('invalid_value', 'base_url')],
    [{ base_url: 'http://x/v1#a' }, badRequest('invalid_value', 'base_url')],
    [{ base_url: 'http://x/v1?' }, badRequest('invalid_value', 'base_url')],
    [{ base_url: 'http://x/\r\nhost: y' }, badRequest('invalid_value', 'base_url')],
    [{ base_url: 'http://x y/v1' }, badRequest('invalid_value', 'base_url')],
    [{ base_url: 'http://x:99999/v1' }, badRequest('invalid_value', 'base_url')],
    [{ base_url: 'http://169.254.169.254/v1' }, badRequest('invalid_value', 'base_url')],
    [{ api_key: '' }, badRequest('invalid_value', 'api_key')],
    [{ api_key: 'a b' }, badRequest('invalid_value', 'api_key')],
    [{ api_key: 'a\r\nx-injected: 1' }, badRequest('invalid_value', 'api_key')],
    [{ api_key: 'a\n' }, badRequest('invalid_value', 'api_key')],
    [{ api_key: 'klíč' }, badRequest('invalid_value', 'api_key')],
    [{ api_key: ['a'] }, badRequest('invalid_type', 'api_key')],
    [{ headers: [] }, badRequest('invalid_type', 'headers')],
    [{ headers: { 'x-a': 5 } }, badRequest('invalid_value', 'headers')],
    [{ headers: { 'x-a': 'b\r\nx-injected: 1' } }, badRequest('invalid_value', 'headers')],
    [{ headers: { 'x-a': 'b\n' } }, badRequest('invalid_value', 'headers')],
    [{ headers: { 'x-a': 'č' } }, badRequest('invalid_value', 'headers')],
    [{ headers: { 'x-a\r\nx-b': '1' } }, badRequest('invalid_value', 'headers')],
    [{ headers: { 'x a': '1' } }, badRequest('invalid_value', 'headers')],
    [{ headers: { 'x-a:': '1' } }, badRequest('invalid_value', 'headers')],
    [{ headers: { '': '1' } }, badRequest('invalid_value', 'headers')],
    [{ headers: { 'x-a': '1', 'X-A': '2' } }, badRequest('invalid_value', 'headers')],
    [{ headers: { Host: 'x' } }, badRequest('invalid_value', 'headers')],
    [{ headers: { 'Content-Length': '5' } }, badRequest('invalid_value', 'headers')],
    [{ headers: { 'transfer-encoding': 'chunked' } }, badRequest('invalid_value', 'headers')],
    [{ headers: { connection: 'x' } }, badRequest('invalid_value', 'headers')],
    [{ timeouts: { connect_ms: 0 } }, badRequest('invalid_value', 'timeouts.connect_ms')],
    [{ timeouts: { idle_ms: 1.5 } }, badRequest('invalid_type', 'timeouts.idle_ms')],
    [{ timeouts: { total_ms: null } }, badRequest('invalid_type', 'timeouts.total_ms')],
    [{ timeouts: { first_byte_ms: 86_400_001 } }, badRequest('invalid_value', 'timeouts.first_byte_ms')],
    [{ timeouts: { later_ms: 5 } }, badRequest('unknown_parameter', 'timeouts.later_ms')],
    [{ timeouts: [] }, badRequest('invalid_type', 'timeouts')],
    [{ enabled: 'yes' }, badRequest('invalid_type', 'enabled')],
    [{ enabled: null }, badRequest('invalid_type', 'enabled')],
    [{ credential: { aws: 1 } }, badRequest('unknown_parameter', 'credential')],
    [{ max_parallel: 0 }, badRequest('invalid_value', 'max_parallel')],
    [{ max_parallel: 100_001 }, badRequest('invalid_value', 'max_parallel')],
    [{ max_parallel: 1.5 }, badRequest('invalid_type', 'max_parallel')],
    [{ max_parallel: '5' }, badRequest('invalid_type', 'max_parallel')],
    [{ id: 'prov_mine' }, badRequest('unknown_parameter', 'id')],
    [{ sealed: '' }, badRequest('unknown_parameter', 'sealed')],
  ];
  it.each(CASES)('%j', async (fields, expected) => {
    expectError(await ask('POST', '/providers', base(fields)), expected);
    const [[, value] = []] = Object.entries(fields);
    if (value === undefined) return;
    const { id } = await make();
    expectError(await ask('PATCH', `/providers/${id}`, fields), expected);
  });

  it('carries a prototype', async () => {
    const text = JSON.stringify(base()).slice(0, -1);
    for (const more of [
      '"__proto__":{"enabled":false}',
      '"headers":{"__proto__":"x"}',
      '"\\u005f_proto__":{}',
    ])
      expect((await ask('POST', '/providers', `${text},${more}}`)).status).toBe(400);
  });
});

describe('asking an upstream', () => {
  it('shows that address and credential are good', async () => {
    const { id } = await make({ api_key: SECRET, headers: { 'X-Tenant': 'blue' } });
    const answer = await ask('POST', `/providers/${id}/test`);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      object: 'provider.test',
      ok: true,
      status: 200,
      latency_ms: expect.any(Number),
      models: 1,
      error: null,
    });
    const seen = bench.sandbox.ledger.requests.at(-1);
    expect(seen).toMatchObject({ method: 'GET', path: '/v1/models' });
    expect(seen?.headers).toMatchObject({ authorization: `Bearer ${SECRET}`, 'x-tenant': 'blue' });
    expect((await ask('GET', `/providers/${id}/models`)).json).toEqual({
      object: 'list',
      data: [{ id: 'sandbox', object: 'model' }],
      has_more: false,
      next_cursor: null,
    });
  });

  it('shows a wrong address', async () => {
    const wrong = await make({ base_url: `http://127.0.0.1:${await freePort()}/v1` });
    const { json } = await ask('POST', `/providers/${wrong.id}/test`);
    expect(json).toMatchObject({
      ok: false,
      status: null,
      models: 0,
      error: expect.stringMatching(/ECONNREFUSED/),
    });
    const models = await ask('GET', `/providers/${wrong.id}/models`);
    expect([models.status, models.json.error.code]).toEqual([503, 'upstream_unavailable']);
    const path = await make({ base_url: `${bench.sandbox.url}/nothing` });
    expect((await ask('POST', `/providers/${path.id}/test`)).json).toMatchObject({ ok: false, status: 404 });
  });

  it('shows a wrong key, and not the key', async () => {
    stub.answerWith({ status: 401, body: ({ headers }) => `{"error":"wrong key ${headers.authorization}"}` });
    const { id } = await make({ base_url: `${stub.url}/v1`, api_key: SECRET });
    const answer = await ask('POST', `/providers/${id}/test`);
    expect(answer.json).toMatchObject({
      ok: false,
      status: 401,
      error: 'The upstream answered with status 401.',
    });
    expect(answer.text).not.toContain(SECRET);
  });

  it.each(['<html>', '{"data":5}', '{"data":[{}, null, {"id":5}]}', 'null', ''])(
    'does not fail on an odd answer: %s',
    async (body) => {
      stub.answerWith({ body });
      const { id } = await make({ base_url: `${stub.url}/v1` });
      expect((await ask('POST', `/providers/${id}/test`)).json).toMatchObject({ status: 200, models: 0 });
    },
  );
});

describe('a header of a provider', () => {
  it('stands in place of the gateway’s own, whatever its case', async () => {
    stub.answerWith({ body: '{"choices":[]}' });
    const headers = { Authorization: 'Custom scheme', 'User-Agent': 'operator' };
    const { name } = await make({ base_url: `${stub.url}/v1`, api_key: SECRET, headers });
    await bench.admin('POST', '/models', { id: name, targets: [{ provider: name, model: 'x' }] });
    const call = { model: name, messages: [{ role: 'user', content: 'x' }] };
    await bench.request('POST', '/v1/chat/completions', call, { authorization: `Bearer ${MASTER_KEY}` });
    expect(stub.last.headers).toMatchObject({ authorization: 'Custom scheme', 'user-agent': 'operator' });
    expect(stub.last.rawHeaders.filter((header) => header.toLowerCase() === 'authorization')).toHaveLength(1);
  });
});

describe('a secret', () => {
  it('stands in no answer, list, entry or table', async () => {
    const fields = { api_key: SECRET, headers: { 'x-tenant': HEADER_SECRET } };
    const { id } = await make(fields);
    const answers = [
      await ask('PATCH', `/providers/${id}`, fields),
      await ask('POST', '/providers', { ...base(fields), nothing: 1 }),
      await ask('POST', '/providers', base({ ...fields, name: 'upstream' })),
      ...(await Promise.all(
        [`/providers/${id}`, '/providers?limit=1000', '/audit?limit=1000'].map((path) => ask('GET', path)),
      )),
    ];
    const all = [...answers.map(({ text }) => text), await databaseText(bench.gateway)].join('\n');
    expect(all).toContain(id);
    for (const secret of [SECRET, HEADER_SECRET, UPSTREAM_KEY, MASTER_KEY])
      for (const spelling of spellingsOf(secret)) expect(all.includes(spelling)).toBe(false);
  });
});
