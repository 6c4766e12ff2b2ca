import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError } from '../support/expect-error.js';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { recordOf } from '../support/records.js';

const NOT_FOUND = { status: 404, type: 'invalid_request_error', code: 'not_found', param: null };
const SECRET = 'sk-provider-secret-abcdefgh';

let bench: TestBench;

beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

const ask = (method: string, path: string, body?: unknown, key = MASTER_KEY): Promise<Answer> =>
  bench.request(method, `/v1/admin${path}`, body, { authorization: `Bearer ${key}` });
const newest = async (): Promise<Answer['json']> => (await bench.admin('GET', '/audit?limit=1')).data[0];

/** The script of the documentation, as somebody would run it. */
function verifyByScript(lines: string) {
  const [, script = ''] =
    /```python\n(import hashlib[^`]*)```/.exec(readFileSync('docs/security.md', 'utf8')) ?? [];
  const { status, stdout, stderr } = spawnSync('python3', ['-c', script], { input: lines, encoding: 'utf8' });
  return { status, text: (stdout + stderr).trim() };
}

describe('the chain of the audit log', () => {
  it('is verified by the gateway and, exported, by the script of the documentation', async () => {
    await bench.admin('POST', '/keys', { name: 'é "chained" 🙂', metadata: { n: 5e-7, big: 1e21 } });
    const verified = await bench.admin('GET', '/audit/verify');
    expect(verified).toMatchObject({ ok: true, broken: null, has_noted_head: null });
    const { text, headers } = await ask('GET', '/audit/export');
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    expect(text.trimEnd().split('\n')).toHaveLength(verified.entries);
    expect(verifyByScript(text)).toEqual({ status: 0, text: `head: ${verified.head.hash}` });
    const forged = text.replace('"actor": "master"', '"actor": "nobody"');
    expect(verifyByScript(forged)).toMatchObject({
      status: 1,
      text: expect.stringMatching(/^entry \d+ does not fit/),
    });
    const [first = '', ...rest] = text.split('\n');
    expect(verifyByScript([first, ...rest.slice(1)].join('\n')).status).toBe(rest.length > 2 ? 1 : 0);
  });

  it('has the head that was noted, and a part of it by time', async () => {
    const { head } = await bench.admin('GET', '/audit/verify');
    const { at } = await newest();
    await new Promise((resolve) => setTimeout(resolve, 3));
    await bench.admin('POST', '/keys', { name: 'after' });
    expect(await bench.admin('GET', `/audit/verify?head=${head.hash}`)).toMatchObject({
      has_noted_head: true,
    });
    const unknown = await bench.admin('GET', `/audit/verify?head=${'f'.repeat(64)}`);
    expect(unknown).toMatchObject({ ok: false, broken: null, has_noted_head: false });
    const part = (await ask('GET', `/audit/export?from=${at}`)).text.trimEnd().split('\n');
    expect(part.map((line) => JSON.parse(line).entry.changes.name).at(-1)).toBe('after');
    expect(JSON.parse(part[1] ?? '').previous_hash).toBe(head.hash);
    expect((await ask('GET', '/audit/verify?head=x')).json.error.param).toBe('head');
  });

  it('is found by who and what', async () => {
    const { id } = await bench.admin('POST', '/keys', { name: 'found' });
    const found = await bench.admin('GET', `/audit?actor=master&object_type=key&object_id=${id}`);
    expect(found.data).toMatchObject([{ action: 'create', object_id: id }]);
    expect((await bench.admin('GET', `/audit?actor=nobody&object_id=${id}`)).data).toEqual([]);
  });
});

describe('the audit log', () => {
  /** Makes a change and gives what the log says of it. */
  async function logged(method: string, path: string, body?: unknown): Promise<Answer['json']> {
    const answer = await ask(method, path, body);
    expect(answer.status).toBeLessThan(300);
    const entry = await newest();
    expect(entry).toMatchObject({
      id: expect.stringMatching(/^\d+$/),
      object: 'audit_entry',
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      actor: 'master',
      request_id: answer.headers.get('x-request-id'),
    });
    return { ...entry, made: answer.json.id };
  }

  it('has every change of a key', async () => {
    const made = await logged('POST', '/keys', { name: 'a', models: ['m'] });
    const id = made.made;
    const about = { object_type: 'key', object_id: id };
    expect(made).toMatchObject({ action: 'create', changes: { name: 'a', models: ['m'] }, ...about });
    const updated = await logged('PATCH', `/keys/${id}`, { name: 'b', models: null });
    expect(updated).toMatchObject({ action: 'update', changes: { name: 'b', models: null }, ...about });
    const rotated = await logged('POST', `/keys/${id}/rotate`, { grace_seconds: 5 });
    expect(rotated).toMatchObject({ action: 'rotate', changes: { grace_seconds: 5 }, ...about });
    const revoked = await logged('POST', `/keys/${id}/revoke`, { reason: 'lost' });
    expect(revoked).toMatchObject({ action: 'revoke', changes: { reason: 'lost' }, ...about });
    expect(await logged('DELETE', `/keys/${id}`)).toMatchObject({ action: 'delete', changes: {}, ...about });
  });

  it('has every change of a provider, without its secrets', async () => {
    const fields = { api_key: SECRET, headers: { 'x-tenant': SECRET } };
    const hidden = { api_key: '[secret]', headers: '[secret]' };
    const body = { name: 'audited', type: 'sandbox', base_url: bench.sandbox.url, ...fields };
    const made = await logged('POST', '/providers', body);
    const about = { object_type: 'provider', object_id: made.made };
    expect(made).toMatchObject({ action: 'create', changes: { name: 'audited', ...hidden }, ...about });
    const updated = await logged('PATCH', `/providers/${made.made}`, { enabled: false, ...fields });
    expect(updated).toMatchObject({ action: 'update', changes: { enabled: false, ...hidden }, ...about });
    expect(await logged('DELETE', `/providers/${made.made}`)).toMatchObject({ action: 'delete', ...about });
  });

  it('has every change of a model', async () => {
    const targets = [{ provider: 'upstream', model: 'x' }];
    const about = { object_type: 'model', object_id: 'audited/model' };
    const made = await logged('POST', '/models', { id: 'audited/model', targets });
    expect(made).toMatchObject({ action: 'create', changes: { targets }, ...about });
    const updated = await logged('PATCH', '/models/audited/model', { enabled: false });
    expect(updated).toMatchObject({ action: 'update', changes: { enabled: false }, ...about });
    const replaced = await logged('PUT', '/models/audited%2Fmodel', { targets });
    expect(replaced).toMatchObject({ action: 'replace', changes: { targets }, ...about });
    expect(await logged('DELETE', '/models/audited/model')).toMatchObject({ action: 'delete', ...about });
  });

  it('names the key that asked', async () => {
    const { id, key } = await bench.admin('POST', '/keys', { name: 'admin', role: 'admin' });
    await ask('POST', '/keys', { name: 'made by an admin' }, key);
    expect(await newest()).toMatchObject({ actor: id, action: 'create' });
    expect(JSON.stringify(await newest())).not.toContain(key);
  });

  it('has nothing of what was refused or only read', async () => {
    await bench.admin('POST', '/keys', { name: 'last' });
    const before = await newest();
    const { key: viewer } = await bench.admin('POST', '/keys', { name: 'viewer', role: 'viewer' });
    const after = await newest();
    expect(Number(after.id)).toBeGreaterThan(Number(before.id));
    await ask('POST', '/keys', { name: 5 });
    await ask('POST', '/keys', { name: 'x' }, viewer);
    await ask('PATCH', '/keys/nothing', { name: 'x' });
    await ask('DELETE', '/models/nothing');
    await ask('POST', '/providers', { name: 'upstream', type: 'sandbox', base_url: bench.sandbox.url });
    await ask('POST', '/models', { id: 'x', targets: [{ provider: 'nobody', model: 'x' }] });
    await ask('GET', '/keys');
    expect(await newest()).toEqual(after);
  });

  it('comes newest first, in pages', async () => {
    const whole = await bench.admin('GET', '/audit?limit=1000');
    const ids = whole.data.map(({ id }: { id: string }) => Number(id));
    expect(ids).toEqual(ids.toSorted((one: number, other: number) => other - one));
    const paged: number[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Answer['json'] = await bench.admin('GET', `/audit?limit=4${cursor && `&cursor=${cursor}`}`);
      paged.push(...page.data.map(({ id }: { id: string }) => Number(id)));
      cursor = page.next_cursor;
    }
    expect(paged).toEqual(ids);
  });
});

describe('the records of calls', () => {
  const call = async (key: string, body: object): Promise<string> => {
    const request = { messages: [{ role: 'user', content: 'a very private question' }], ...body };
    const answer = await bench.request('POST', '/v1/chat/completions', request, { 'x-api-key': key });
    const id = answer.headers.get('x-request-id') ?? '';
    await recordOf(bench, id);
    return id;
  };

  it('are found by key, model, provider, status, time and id', async () => {
    await bench.addModel('recorded', 'gpt-upstream');
    await bench.addModel('failing', 'gpt-upstream;status=500');
    const { id: keyId, key } = await bench.admin('POST', '/keys', { name: 'caller' });
    const startedAt = new Date(Date.now() - 1).toISOString();
    const good = await call(key, { model: 'recorded', user: 'end-user-1' });
    const bad = await call(key, { model: 'failing' });
    const unknown = await call(key, { model: 'not-there' });
    const ids = async (query: string): Promise<string[]> => {
      const { data } = await bench.admin('GET', `/requests?${query}`);
      return data.map((row: { request_id: string }) => row.request_id);
    };
    expect(await ids(`key=${keyId}`)).toEqual([unknown, bad, good]);
    expect(await ids(`key=${keyId}&model=recorded`)).toEqual([good]);
    expect(await ids(`key=${keyId}&status=error`)).toEqual([unknown, bad]);
    expect(await ids(`key=${keyId}&provider=upstream`)).toEqual([bad, good]);
    expect(await ids(`key=${keyId}&from=${startedAt}`)).toEqual([unknown, bad, good]);
    expect(await ids(`key=${keyId}&to=${startedAt}`)).toEqual([]);
    expect(await ids(`key=${keyId}&from=2099-01-01`)).toEqual([]);
    const first = await bench.admin('GET', `/requests?key=${keyId}&limit=2`);
    expect(first.has_more).toBe(true);
    expect(await ids(`key=${keyId}&limit=2&cursor=${first.next_cursor}`)).toEqual([good]);
    expect(await bench.admin('GET', `/requests/${good}`)).toEqual({
      request_id: good,
      object: 'usage_record',
      at: expect.any(String),
      key: keyId,
      team: null,
      operation: 'chat',
      model: 'recorded',
      provider: 'upstream',
      upstream_model: 'gpt-upstream',
      stream: false,
      status: 'ok',
      http_status: 200,
      decision: null,
      error_code: null,
      prompt_tokens: expect.any(Number),
      completion_tokens: expect.any(Number),
      cached_tokens: 0,
      cache_write_tokens: 0,
      reasoning_tokens: 0,
      audio_prompt_tokens: 0,
      audio_completion_tokens: 0,
      images: 0,
      audio_seconds: 0,
      characters: 0,
      usage_source: 'upstream',
      priced: false,
      cost_usd: null,
      latency_ms: expect.any(Number),
      time_to_first_token_ms: null,
      attempts: 1,
      user: 'end-user-1',
    });
    expect(await bench.admin('GET', `/requests/${unknown}`)).toMatchObject({
      status: 'error',
      http_status: 404,
      error_code: 'model_not_found',
      provider: null,
      attempts: 0,
    });
    const text = JSON.stringify(await bench.admin('GET', '/requests?limit=1000'));
    expect(text).not.toContain('private');
  });

  it.each([
    ['NUL', '"a\\u0000b"', 'ab'],
    ['half a surrogate pair', '"a\\ud83db"', expect.stringMatching(/^a.?b$/)],
    ['quotes and commas', '"{a,\\"b\\\\,NULL}"', '{a,"b\\,NULL}'],
    ['only a text that is empty', '""', null],
  ])('hold an end user with %s', async (_, user, kept) => {
    const body = `{"model":"recorded","messages":[{"role":"user","content":"x"}],"user":${user}}`;
    const answer = await bench.request('POST', '/v1/chat/completions', body, { 'x-api-key': MASTER_KEY });
    const record = await recordOf(bench, answer.headers.get('x-request-id') ?? '');
    expect(record).toMatchObject({ key: null, status: 'ok', user: kept });
  });

  it.each([
    ['from=yesterday', 'from'],
    ['to=2026-02-30', 'to'],
    ['from=2026-W05', 'from'],
    ['status=fine', 'status'],
    ['tenant=x', 'tenant'],
    ['key=%00', 'key'],
  ])('refuse %s', async (query, param) => {
    const answer = await ask('GET', `/requests?${query}`);
    expect([answer.status, answer.json.error?.param]).toEqual([400, param]);
  });

  it('that are not there are a 404', async () => {
    for (const id of ['req_00000000000000000000000000000000', 'x', '%00']) {
      expectError(await ask('GET', `/requests/${id}`), NOT_FOUND);
    }
  });
});
