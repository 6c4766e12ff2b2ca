import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError } from '../support/expect-error.js';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { recordOf } from '../support/records.js';
import { HELLO } from '../support/stream-client.js';
import { until } from '../support/until.js';

const folder = mkdtempSync(join(tmpdir(), 'pllm-teams-'));
const file = join(folder, 'pllm.yaml');
let bench: TestBench;

const declare = (text: string): void => {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
};
const DECLARED = 'teams:\n  - {name: filed, models: [a*], limits: {rpm: 2}, metadata: {floor: 2}}\n';

beforeAll(async () => {
  declare(DECLARED);
  bench = await startBench({ PLLM_CONFIG: file, PLLM_TRUSTED_PROXIES: '127.0.0.0/8, 10.9.0.0/16' });
  for (const id of ['a', 'ab', 'b']) await bench.addModel(id, `up-${id}`);
});
afterAll(async () => {
  await bench.close();
  rmSync(folder, { recursive: true });
});

const ask = (method: string, path: string, body?: unknown): Promise<Answer> =>
  bench.request(method, `/v1/admin${path}`, body, { authorization: `Bearer ${MASTER_KEY}` });
const addTeam = (name: string, fields: object = {}) => bench.admin('POST', '/teams', { name, ...fields });
const addKey = (fields: object) => bench.admin('POST', '/keys', { name: 'k', ...fields });
const chat = (key: string, model = 'a', headers: Record<string, string> = {}): Promise<Answer> =>
  bench.request(
    'POST',
    '/v1/chat/completions',
    { model, messages: HELLO },
    { authorization: `Bearer ${key}`, ...headers },
  );
const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status);
const reload = () => bench.admin('POST', '/system/reload');

describe('a team', () => {
  it('is made, listed, read, changed and deleted', async () => {
    const made = await addTeam('research', { models: ['a*'], limits: { rpm: 9 }, metadata: { floor: 3 } });
    expect(made).toEqual({
      id: expect.stringMatching(/^team_[0-9a-f]{24}$/),
      object: 'team',
      source: 'api',
      name: 'research',
      models: ['a*'],
      limits: { rpm: 9 },
      budget: null,
      end_user_budget: null,
      metadata: { floor: 3 },
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    expect(await bench.admin('GET', `/teams/${made.id}`)).toEqual(made);
    expect((await bench.admin('GET', '/teams')).data).toContainEqual(made);
    const change = { name: 'labs', models: null, limits: { tpm: 1_000 }, metadata: null };
    const changed = await bench.admin('PATCH', `/teams/${made.id}`, change);
    expect(changed).toMatchObject({ name: 'labs', models: [], metadata: {} });
    expect(changed.limits).toEqual({ tpm: 1_000 });
    const { data } = await bench.admin('GET', '/audit');
    expect(data[0]).toMatchObject({ action: 'update', object_type: 'team', object_id: made.id });
    expect(data[0].changes).toEqual(change);
    const deleted = await bench.admin('DELETE', `/teams/${made.id}`);
    expect(deleted).toEqual({ id: made.id, object: 'team', deleted: true });
    for (const [method, body] of [['GET'], ['PATCH', { name: 'x' }], ['DELETE']] as const) {
      for (const id of [made.id, 'team_nobody', 'file:nobody']) {
        const missing = await ask(method, `/teams/${id}`, body);
        expectError(missing, { status: 404, type: 'invalid_request_error', code: 'not_found' });
      }
    }
  });

  it('has a name of its own, and no field that is not known', async () => {
    const { id } = await addTeam('taken');
    const other = await addTeam('other');
    const conflict = { status: 409, type: 'invalid_request_error', code: 'conflict' };
    expectError(await ask('POST', '/teams', { name: 'taken' }), conflict);
    expectError(await ask('PATCH', `/teams/${other.id}`, { name: 'taken' }), conflict);
    for (const field of ['members', 'id']) {
      const answer = await ask('PATCH', `/teams/${id}`, { [field]: {} });
      expect([answer.status, answer.json.error.param]).toEqual([400, field]);
    }
    const bad: [object, string][] = [
      [{}, 'name'],
      [{ name: '' }, 'name'],
      [{ name: 'x', models: 'a' }, 'models'],
      [{ name: 'x', limits: { rpm: 0 } }, 'limits.rpm'],
    ];
    for (const [body, param] of bad) {
      const answer = await ask('POST', '/teams', body);
      expect([answer.status, answer.json.error.param]).toEqual([400, param]);
    }
  });

  it('with keys is not deleted; without them it is', async () => {
    const { id } = await addTeam('crowded');
    const keys = [await addKey({ team_id: id }), await addKey({ team_id: id })];
    expect(keys[0].team_id).toBe(id);
    const listed = await bench.admin('GET', `/keys?team=${id}`);
    expect(listed.data.map((key: { id: string }) => key.id)).toEqual([keys[1].id, keys[0].id]);
    const refused = await ask('DELETE', `/teams/${id}`);
    expect([refused.status, refused.json.error.message]).toEqual([409, 'The team has 2 keys.']);
    await bench.admin('DELETE', `/keys/${keys[0].id}`);
    expect((await ask('DELETE', `/teams/${id}`)).json.error.message).toBe('The team has 1 key.');
    const left = await bench.admin('PATCH', `/keys/${keys[1].id}`, { team_id: null });
    expect(left.team_id).toBeNull();
    expect((await ask('DELETE', `/teams/${id}`)).status).toBe(200);
    expect((await chat(keys[1].key)).status).toBe(200);
  });

  it('that is not there has no keys', async () => {
    const { id } = await addKey({});
    for (const [method, path] of [
      ['POST', '/keys'],
      ['PATCH', `/keys/${id}`],
    ] as const) {
      for (const team of ['team_nobody', 'file:nobody']) {
        const { status, json } = await ask(method, path, { name: 'k', team_id: team });
        expect([status, json.error.code, json.error.param]).toEqual([400, 'invalid_value', 'team_id']);
      }
    }
  });
});

describe('keys of a team', () => {
  it('share its limits, beside their own', async () => {
    const { id } = await addTeam('sharing', { limits: { rpm: 3 } });
    const [one, other] = [await addKey({ team_id: id }), await addKey({ team_id: id, limits: { rpm: 1 } })];
    const first = await chat(one.key);
    expect(first.headers.get('x-ratelimit-limit-requests')).toBe('3');
    expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('2');
    // Of its own nothing is left.
    expect((await chat(other.key)).headers.get('x-ratelimit-limit-requests')).toBe('1');
    expect((await chat(other.key)).json.error.message).toContain(`the key '${other.id}': 1 requests`);
    expect((await chat(one.key)).status).toBe(200);
    const refused = await chat(one.key);
    expect([refused.status, refused.json.error.code]).toEqual([429, 'rate_limit_exceeded']);
    expect(refused.json.error.message).toContain(`the team '${id}': 3 requests per minute (rpm)`);
    await bench.admin('PATCH', `/teams/${id}`, { limits: { rpm: 4 } });
    expect(statuses([await chat(one.key), await chat(one.key)])).toEqual([200, 429]);
    await bench.admin('PATCH', `/teams/${id}`, { limits: null });
    expect((await chat(one.key)).headers.get('x-ratelimit-limit-requests')).toBeNull();
  });

  it('may call what it and they may, at once when that changes', async () => {
    const { id } = await addTeam('careful', { models: ['a*'] });
    const { key, id: keyId } = await addKey({ team_id: id, models: ['ab', 'b'] });
    const called = async () => statuses([await chat(key), await chat(key, 'ab'), await chat(key, 'b')]);
    expect(await called()).toEqual([403, 200, 403]);
    const list = await bench.request('GET', '/v1/models', undefined, { authorization: `Bearer ${key}` });
    expect(list.json.data.map((model: { id: string }) => model.id)).toEqual(['ab']);
    await bench.admin('PATCH', `/teams/${id}`, { models: ['b'] });
    expect(await called()).toEqual([403, 403, 200]);
    await bench.admin('PATCH', `/keys/${keyId}`, { models: null });
    expect(await called()).toEqual([403, 403, 200]);
    await bench.admin('PATCH', `/keys/${keyId}`, { team_id: null });
    expect(await called()).toEqual([200, 200, 200]);
  });

  it('are counted for it in records and usage', async () => {
    const { id } = await addTeam('counted');
    const { key } = await addKey({ team_id: id });
    const answer = await chat(key);
    const record = await recordOf(bench, answer.headers.get('x-request-id') ?? '');
    expect(record.team).toBe(id);
    const { data } = await bench.admin('GET', `/requests?team=${id}`);
    expect(data).toHaveLength(1);
    expect((await bench.admin('GET', '/requests?team=team_nobody')).data).toEqual([]);
    const usage = await bench.admin('GET', '/usage?group_by=team&limit=1000');
    expect(usage.data.filter((row: { team: string }) => row.team === id)).toMatchObject([{ requests: 1 }]);
    expect((await bench.admin('GET', `/usage?team=${id}`)).totals.requests).toBe(1);
    expect((await bench.admin('GET', '/usage?team=team_nobody')).totals.requests).toBe(0);
    const csv = (await ask('GET', `/requests?team=${id}&format=csv`)).text.split('\r\n');
    const [head = [], row = []] = csv.map((line) => line.split(','));
    expect(row[head.indexOf('team')]).toBe(id);
    expect((await ask('GET', '/usage?group_by=team&format=csv')).text).toMatch(/^team,requests,/);
  });
});

describe('a team that a file declares', () => {
  const refusal = { status: 409, type: 'invalid_request_error', code: 'declared_in_file' };

  it('bounds the keys that name it, and is changed in the file only', async () => {
    const [declared] = (await bench.admin('GET', '/teams')).data;
    expect(declared).toMatchObject({
      id: 'file:filed',
      source: 'file',
      models: ['a*'],
      limits: { rpm: 2 },
      metadata: { floor: 2 },
    });
    expect(await bench.admin('GET', '/teams/file:filed')).toEqual(declared);
    expectError(await ask('PATCH', '/teams/file:filed', { limits: null }), refusal);
    expectError(await ask('DELETE', '/teams/file:filed'), refusal);
    expectError(await ask('POST', '/teams', { name: 'filed' }), refusal);
    const { key } = await addKey({ team_id: 'file:filed' });
    expect(statuses([await chat(key, 'b'), await chat(key), await chat(key), await chat(key)])).toEqual([
      403, 200, 200, 429,
    ]);
    declare(DECLARED.replace('rpm: 2', 'rpm: 3').replace('a*', 'b'));
    await reload();
    expect(statuses([await chat(key), await chat(key, 'b'), await chat(key, 'b')])).toEqual([403, 200, 429]);
  });

  it('that is gone leaves its keys without rights, not without bounds', async () => {
    const { key } = await addKey({ team_id: 'file:filed' });
    declare('teams: []\n');
    await reload();
    for (const path of ['/v1/models', '/v1/admin/requests']) {
      const answer = await bench.request('GET', path, undefined, { authorization: `Bearer ${key}` });
      expectError(answer, {
        status: 403,
        type: 'permission_error',
        code: 'insufficient_permissions',
        message: /'file:filed', is not there any more/,
      });
    }
    const refused = await chat(key);
    expect(refused.status).toBe(403);
    const record = await recordOf(bench, refused.headers.get('x-request-id') ?? '');
    expect(record).toMatchObject({ team: 'file:filed', error_code: 'insufficient_permissions', attempts: 0 });
    declare(DECLARED);
    await until(async () => (await chat(key)).status !== 403);
  });

  it('stands in place of a stored one of its name', async () => {
    const { id } = await addTeam('moving', { models: ['a'] });
    const { key } = await addKey({ team_id: id });
    declare(`${DECLARED}  - {name: moving, models: [b]}\n`);
    const { configuration } = await reload();
    expect(configuration).toMatchObject({ teams: 2, in_place_of: { teams: ['moving'] } });
    const names = (await bench.admin('GET', '/teams')).data.map((team: { name: string }) => team.name);
    expect(names.filter((name: string) => name === 'moving')).toHaveLength(1);
    expectError(await ask('PATCH', `/teams/${id}`, { models: [] }), refusal);
    const answer = await chat(key, 'b');
    expect([answer.status, (await chat(key)).status]).toEqual([200, 403]);
    const record = await recordOf(bench, answer.headers.get('x-request-id') ?? '');
    expect(record.team).toBe('file:moving');
    declare(DECLARED);
    await reload();
    expect((await chat(key)).status).toBe(200);
  });
});

describe('a key with allowed addresses', () => {
  it('is refused from elsewhere, before its body is read, and recorded', async () => {
    const { id, key, allowed_ips } = await addKey({ allowed_ips: ['10.0.0.0/8', '2001:db8::/32'] });
    expect(allowed_ips).toEqual(['10.0.0.0/8', '2001:db8::/32']);
    const refused = await bench.request('POST', '/v1/chat/completions', '{"model": "a", ', {
      authorization: `Bearer ${key}`,
    });
    expectError(refused, {
      status: 403,
      type: 'permission_error',
      code: 'ip_not_allowed',
      message: /^This API key may not be used from 127\.0\.0\.1\.$/,
    });
    const record = await recordOf(bench, refused.headers.get('x-request-id') ?? '');
    expect(record).toMatchObject({ key: id, error_code: 'ip_not_allowed', attempts: 0 });
    const changed = await bench.admin('PATCH', `/keys/${id}`, { allowed_ips: ['127.0.0.1'] });
    expect([changed.allowed_ips, (await chat(key)).status]).toEqual([['127.0.0.1'], 200]);
    await bench.admin('PATCH', `/keys/${id}`, { allowed_ips: ['10.0.0.1'] });
    expect((await chat(key)).status).toBe(403);
    expect((await bench.admin('PATCH', `/keys/${id}`, { allowed_ips: null })).allowed_ips).toEqual([]);
    expect((await chat(key)).status).toBe(200);
  });

  it.each([
    ['10.1.2.3', 200],
    ['::ffff:10.1.2.3', 200],
    ['2001:db8::5', 200],
    ['11.0.0.1', 403],
    // What a client says is behind what its proxy saw.
    ['10.1.2.3, 11.0.0.1', 403],
    ['10.1.2.3, 10.9.0.1', 200],
    ['nonsense', 403],
  ])('comes, behind a proxy that is trusted, from %s: %s', async (forwarded, status) => {
    const { key } = await addKey({ allowed_ips: ['10.1.0.0/16', '2001:db8::/32'] });
    expect((await chat(key, 'a', { 'x-forwarded-for': forwarded })).status).toBe(status);
  });

  it.each([['10.0.0.0/33'], ['010.0.0.1'], ['localhost'], [''], [5]])(
    'is not made with %j',
    async (entry) => {
      const answer = await ask('POST', '/keys', { name: 'k', allowed_ips: ['10.0.0.1', entry] });
      expect([answer.status, answer.json.error.param]).toEqual([400, 'allowed_ips']);
    },
  );
});
