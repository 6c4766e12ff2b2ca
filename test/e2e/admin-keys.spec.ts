import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseText, spellingsOf } from '../support/database-text.js';
import { badRequest, expectError } from '../support/expect-error.js';
import type { ExpectedError } from '../support/expect-error.js';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';

const NOT_FOUND = { status: 404, type: 'invalid_request_error', code: 'not_found', param: null };
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let bench: TestBench;

beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

const ask = (method: string, path: string, body?: unknown, prefix = '/v1/admin'): Promise<Answer> =>
  bench.request(method, `${prefix}${path}`, body, { authorization: `Bearer ${MASTER_KEY}` });
const make = (fields: object = {}): Promise<Answer['json']> =>
  bench.admin('POST', '/keys', { name: 'k', ...fields });

describe('a key', () => {
  it('is made, with its secret in this answer and nowhere else', async () => {
    const answer = await ask('POST', '/keys', { name: 'production' });
    expect(answer.status).toBe(201);
    const { key, ...rest } = answer.json;
    expect(key).toMatch(/^sk-pllm-[\w-]{32}$/);
    expect(rest).toEqual({
      id: expect.stringMatching(/^key_[0-9a-f]{24}$/),
      object: 'key',
      prefix: key.slice(0, 12),
      name: 'production',
      role: 'member',
      team_id: null,
      models: [],
      limits: {},
      budget: null,
      end_user_budget: null,
      allowed_ips: [],
      expires_at: null,
      revoked_at: null,
      revoked_reason: null,
      metadata: {},
      created_at: expect.stringMatching(ISO),
      updated_at: expect.stringMatching(ISO),
    });
    expect((await ask('GET', `/keys/${rest.id}`)).json).toEqual(rest);
    expect((await ask('GET', `/keys/${rest.id}`, undefined, '/api/v1/admin')).json).toEqual(rest);
  });

  it('keeps all that is said of it', async () => {
    const fields = {
      name: 'žluťoučký 👩‍🚀',
      role: 'viewer',
      models: ['my-*', 'openai/*'],
      limits: { rpm: 1, tpm: 1_000_000_000, parallel: 1_000_000 },
      budget: {
        usd: '12.5',
        period: 'month',
        mode: 'balanced',
        alerts: [{ at: 0.8, url: 'https://hooks.example/x' }],
      },
      end_user_budget: { usd: '0.000000001', period: 'total', mode: 'strict' },
      allowed_ips: ['10.0.0.0/8', '2001:db8::1'],
      expires_at: '2099-12-31T23:59:59.000Z',
      metadata: { owner: 'somebody', nested: { a: [1, null, 'x'] } },
    };
    const made = await make(fields);
    expect(made).toMatchObject(fields);
    expect(await bench.admin('GET', `/keys/${made.id}`)).toMatchObject(fields);
  });

  it('is changed, one field at a time, and null clears', async () => {
    const before = await make({ models: ['a'], metadata: { a: 1 }, expires_at: '2099-01-01T00:00:00Z' });
    const change = (fields: object) => bench.admin('PATCH', `/keys/${before.id}`, fields);
    expect(await change({ name: 'renamed' })).toMatchObject({
      name: 'renamed',
      models: ['a'],
      metadata: { a: 1 },
    });
    expect(await change({ role: 'admin' })).toMatchObject({ name: 'renamed', role: 'admin' });
    expect(await change({ models: null, metadata: null, expires_at: null })).toMatchObject({
      name: 'renamed',
      models: [],
      metadata: {},
      expires_at: null,
    });
    expect(await change({})).toMatchObject({ name: 'renamed', role: 'admin' });
  });

  it('is rotated and revoked', async () => {
    const made = await make();
    const rotated = await ask('POST', `/keys/${made.id}/rotate`, { grace_seconds: 60 });
    expect(rotated.status).toBe(200);
    expect(rotated.json).toMatchObject({ id: made.id, key: expect.stringMatching(/^sk-pllm-/) });
    expect(rotated.json.key).not.toBe(made.key);
    expect(rotated.json.prefix).toBe(rotated.json.key.slice(0, 12));
    const revoked = await ask('POST', `/keys/${made.id}/revoke`, { reason: 'lost' });
    expect(revoked.status).toBe(200);
    expect(revoked.json).toMatchObject({ revoked_at: expect.stringMatching(ISO), revoked_reason: 'lost' });
    expect(revoked.json).not.toHaveProperty('key');
    const again = await bench.admin('POST', `/keys/${made.id}/revoke`);
    expect(again).toMatchObject({ revoked_at: revoked.json.revoked_at, revoked_reason: 'lost' });
  });

  it('is deleted', async () => {
    const { id } = await make();
    expect(await bench.admin('DELETE', `/keys/${id}`)).toEqual({ id, object: 'key', deleted: true });
    expectError(await ask('GET', `/keys/${id}`), NOT_FOUND);
    expectError(await ask('DELETE', `/keys/${id}`), NOT_FOUND);
  });

  it.each([
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['POST', '/rotate'],
    ['POST', '/revoke'],
  ])('that is not there is a 404: %s %s', async (method, rest) => {
    for (const id of ['key_000000000000000000000000', 'x', '%00', '%F0%9F%98%80', '..%2fkeys', "';--"]) {
      expectError(await ask(method, `/keys/${id}${rest}`, method === 'GET' ? undefined : '{}'), NOT_FOUND);
    }
  });

  it('may share its name with another', async () => {
    const [one, other] = [await make({ name: 'twin' }), await make({ name: 'twin' })];
    expect(one.id).not.toBe(other.id);
  });
});

describe('the list of keys', () => {
  it('comes newest first, in pages, without a gap and without an end too many', async () => {
    for (let index = 0; index < 5; index++) await make({ name: `page-${index}` });
    const whole = await bench.admin('GET', '/keys?limit=1000');
    expect(whole).toMatchObject({ object: 'list', has_more: false, next_cursor: null });
    const times = whole.data.map((key: Answer['json']) => key.created_at);
    expect(times).toEqual(times.toSorted().toReversed());
    const ids: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Answer['json'] = await bench.admin('GET', `/keys?limit=2${cursor && `&cursor=${cursor}`}`);
      expect(page.data.length).toBeLessThanOrEqual(2);
      expect(page.has_more).toBe(page.next_cursor !== null);
      ids.push(...page.data.map(({ id }: { id: string }) => id));
      cursor = page.next_cursor;
    }
    expect(ids).toEqual(whole.data.map(({ id }: { id: string }) => id));
    const exact = await bench.admin('GET', `/keys?limit=${ids.length}`);
    expect(exact).toMatchObject({ has_more: false, next_cursor: null });
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=x', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['page=2', 'page'],
    ['__proto__=1', '__proto__'],
    [`cursor=${'x'.repeat(301)}`, 'cursor'],
  ])('refuses %s', async (query, param) => {
    const answer = await ask('GET', `/keys?${query}`);
    expect([answer.status, answer.json.error.param]).toEqual([400, param]);
  });

  it('never fails on a cursor that it did not give', async () => {
    for (const list of ['/keys', '/providers', '/models', '/requests', '/audit']) {
      for (const cursor of [
        'nothing',
        '%00',
        '1_%00',
        '%F0%9F%98%80',
        '99999999999999999999',
        '-1',
        '1e3_x',
      ]) {
        const answer = await ask('GET', `${list}?cursor=${cursor}`);
        expect([list, cursor, [200, 400].includes(answer.status)]).toEqual([list, cursor, true]);
      }
    }
  });
});

describe('a body that is refused', () => {
  const CASES: [string, ExpectedError][] = [
    ['{}', badRequest('missing_required_parameter', 'name')],
    ['{"name":null}', badRequest('invalid_type', 'name')],
    ['{"name":""}', badRequest('invalid_value', 'name')],
    ['{"name":5}', badRequest('invalid_type', 'name')],
    [`{"name":"${'x'.repeat(201)}"}`, badRequest('invalid_value', 'name')],
    ['{"name":"x","role":"master"}', badRequest('invalid_value', 'role')],
    ['{"name":"x","role":null}', badRequest('invalid_value', 'role')],
    ['{"name":"x","models":"a"}', badRequest('invalid_type', 'models')],
    ['{"name":"x","models":[5]}', badRequest('invalid_type', 'models')],
    ['{"name":"x","models":[null]}', badRequest('invalid_type', 'models')],
    ['{"name":"x","expires_at":"tomorrow"}', badRequest('invalid_value', 'expires_at')],
    ['{"name":"x","expires_at":"2026-02-30T00:00:00Z"}', badRequest('invalid_value', 'expires_at')],
    ['{"name":"x","expires_at":"2026-W05-1"}', badRequest('invalid_value', 'expires_at')],
    ['{"name":"x","expires_at":"2026-123"}', badRequest('invalid_value', 'expires_at')],
    ['{"name":"x","expires_at":1700000000}', badRequest('invalid_value', 'expires_at')],
    ['{"name":"x","metadata":[]}', badRequest('invalid_type', 'metadata')],
    ['{"name":"x","metadata":"a"}', badRequest('invalid_type', 'metadata')],
    ['{"name":"x","limits":5}', badRequest('invalid_type', 'limits')],
    ['{"name":"x","limits":{"rpm":0}}', badRequest('invalid_value', 'limits.rpm')],
    ['{"name":"x","limits":{"rpm":1.5}}', badRequest('invalid_type', 'limits.rpm')],
    ['{"name":"x","limits":{"rpm":null}}', badRequest('invalid_type', 'limits.rpm')],
    ['{"name":"x","limits":{"tpm":1000000001}}', badRequest('invalid_value', 'limits.tpm')],
    ['{"name":"x","limits":{"parallel":"1"}}', badRequest('invalid_type', 'limits.parallel')],
    ['{"name":"x","limits":{"rps":1}}', badRequest('unknown_parameter', 'limits.rps')],
    ['{"name":"x","budget":5}', badRequest('invalid_type', 'budget')],
    ['{"name":"x","budget":{"usd":"0","period":"day"}}', badRequest('invalid_value', 'budget.usd')],
    ['{"name":"x","budget":{"usd":"1"}}', badRequest('missing_required_parameter', 'budget.period')],
    [
      '{"name":"x","end_user_budget":{"usd":"1","period":"day","alerts":[]}}',
      badRequest('unknown_parameter', 'end_user_budget.alerts'),
    ],
    [
      '{"name":"x","budget":{"usd":"1","period":"day","alerts":[[]]}}',
      badRequest('invalid_value', 'budget.alerts'),
    ],
    ['{"name":"x","constructor":null}', badRequest('unknown_parameter', 'constructor')],
    ['{"name":"x","limits":{"toString":1}}', badRequest('unknown_parameter', 'limits')],
    ['{"name":"x","metadata":{"valueOf":1}}', badRequest('unknown_parameter', 'metadata')],
    ['[]', badRequest('invalid_type')],
    ['{"name":"x"', badRequest('invalid_json')],
    ['', badRequest('invalid_json')],
    [`{"name":"x","metadata":{"a":${'['.repeat(40)}${']'.repeat(40)}}}`, badRequest('json_too_deep')],
  ];
  it.each(CASES)('%.60s', async (body, expected) => {
    expectError(await ask('POST', '/keys', body), expected);
  });

  const LATER = ['rpm', 'key', 'id', 'hash', 'created_at', 'revoked_at'];
  it.each(LATER)('says more than is enforced: %s', async (name) => {
    const { id } = await make();
    const expected = badRequest('unknown_parameter', name);
    expectError(await ask('POST', '/keys', { name: 'x', [name]: {} }), expected);
    expectError(await ask('PATCH', `/keys/${id}`, { [name]: null }), expected);
    expectError(await ask('POST', `/keys/${id}/rotate`, { [name]: 1 }), expected);
    expectError(await ask('POST', `/keys/${id}/revoke`, { [name]: 1 }), expected);
  });

  it('says that there is no budget any more', async () => {
    const budget = { usd: '1', period: 'day' };
    const { id } = await make({ budget, end_user_budget: budget });
    const changed = await bench.admin('PATCH', `/keys/${id}`, { budget: null });
    expect(changed).toMatchObject({ budget: null, end_user_budget: { ...budget, mode: 'strict' } });
  });

  it.each(['-1', '1.5', '"60"', '99999999', '1e999'])('asks for a grace of %s', async (seconds) => {
    const { id } = await make();
    const answer = await ask('POST', `/keys/${id}/rotate`, `{"grace_seconds":${seconds}}`);
    expect([answer.status, answer.json.error.param]).toEqual([400, 'grace_seconds']);
  });

  it.each(['name', 'role'])('takes away what must be there: %s', async (name) => {
    const { id } = await make();
    const answer = await ask('PATCH', `/keys/${id}`, { [name]: null });
    expect([answer.status, answer.json.error?.param]).toEqual([400, name]);
  });

  it.each(['__proto__', '\\u005f_proto__', '__pr\\u006fto__'])('carries a prototype: %s', async (name) => {
    for (const body of [
      `{"name":"x","${name}":{"role":"admin"}}`,
      `{"name":"x","metadata":{"${name}":{"a":1}}}`,
      `{"name":"x","metadata":{"a":[{"${name}":1}]}}`,
    ]) {
      const answer = await ask('POST', '/keys', body);
      if (answer.status === 201) expect(answer.json).toMatchObject({ role: 'member', models: [] });
      else expect(answer.status).toBe(400);
      expect(({} as { a?: unknown }).a).toBeUndefined();
    }
  });

  it.each(['"\\u0000"', '"a\\u0000b"', '"\\ud800"'])(
    'holds a character that a database refuses: %s',
    async (text) => {
      const { id } = await make();
      const bodies: [string, string, string][] = [
        ['POST', '/keys', `{"name":${text}}`],
        ['POST', '/keys', `{"name":"x","models":[${text}]}`],
        ['POST', '/keys', `{"name":"x","metadata":{"a":${text}}}`],
        ['POST', '/keys', `{"name":"x","metadata":{${text}:1}}`],
        ['PATCH', `/keys/${id}`, `{"name":${text}}`],
        ['POST', `/keys/${id}/revoke`, `{"reason":${text}}`],
      ];
      for (const [method, path, body] of bodies) {
        const answer = await ask(method, path, body);
        expect([body, answer.status < 500]).toEqual([body, true]);
      }
    },
  );
});

describe('a secret', () => {
  it('stands in no answer, list, entry or table', async () => {
    const made = await make({ name: 'secretive' });
    const rotated = await bench.admin('POST', `/keys/${made.id}/rotate`, { grace_seconds: 60 });
    const answers = await Promise.all(
      ['/keys?limit=1000', `/keys/${made.id}`, '/audit?limit=1000', '/requests'].map((path) =>
        ask('GET', path),
      ),
    );
    answers.push(
      await ask('PATCH', `/keys/${made.id}`, { name: 'x' }),
      await ask('POST', `/keys/${made.id}/revoke`),
    );
    const all = [...answers.map(({ text }) => text), await databaseText(bench.gateway)].join('\n');
    expect(all).toContain(made.id);
    for (const secret of [made.key, rotated.key, MASTER_KEY])
      for (const spelling of spellingsOf(secret)) expect(all.includes(spelling)).toBe(false);
  });
});
