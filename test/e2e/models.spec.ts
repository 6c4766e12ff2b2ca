import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import OpenAI from 'openai';
import { expectError } from '../support/expect-error.js';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';

const NOT_FOUND = { status: 404, type: 'invalid_request_error', code: 'model_not_found', param: null };
const NOT_ALLOWED = { status: 403, type: 'permission_error', code: 'model_not_allowed', param: null };
const NAMES = [
  'my-gpt-4',
  'my-gpt-35-turbo',
  'meta-llama/Llama-3.1-8B',
  'ft:gpt-4o-mini:acme:suffix:abc',
  'a/b/c.d:e_f',
  'models',
  'admin',
  'naïve-日本',
  'percent%2Fsign',
  'a+b&c=d;e@f',
];

let bench: TestBench;
let key: string;

beforeAll(async () => {
  bench = await startBench();
  for (const name of NAMES) await bench.addModel(name, 'gpt-upstream');
  await bench.addModel('openai/*', '*');
  await bench.addModel('openai/special/*', 'special-*');
  await bench.addModel('asleep', 'gpt-upstream', { enabled: false });
  key = await bench.addKey();
});
afterAll(() => bench.close());

const get = (path: string, secret = key): Promise<Answer> =>
  bench.request('GET', path, undefined, { authorization: `Bearer ${secret}` });
const chat = (model: string, secret = key): Promise<Answer> =>
  bench.request(
    'POST',
    '/v1/chat/completions',
    { model, messages: [{ role: 'user', content: 'Hi' }] },
    { 'x-api-key': secret },
  );
const names = async (secret = key): Promise<string[]> =>
  (await get('/v1/models', secret)).json.data.map(({ id }: { id: string }) => id).toSorted();

describe('the list of models', () => {
  it('has the shape of the specification, under both prefixes', async () => {
    for (const path of ['/v1/models', '/api/v1/models', '/v1/models/', '/v1/models?limit=1']) {
      const { status, json, headers } = await get(path);
      expect([path, status, Object.keys(json)]).toEqual([path, 200, ['object', 'data']]);
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      expect(json.object).toBe('list');
      for (const model of json.data) {
        expect(model).toEqual({
          id: expect.any(String),
          object: 'model',
          created: expect.any(Number),
          owned_by: 'sandbox',
          pllm: { operations: expect.arrayContaining(['chat', 'speech']) },
        });
        expect(Number.isInteger(model.created)).toBe(true);
      }
    }
  });

  it('holds what is enabled and has a name to call', async () => {
    expect(await names()).toEqual(NAMES.toSorted());
  });

  it('holds only what the caller may call', async () => {
    expect(await names(await bench.addKey({ models: ['my-*'] }))).toEqual(['my-gpt-35-turbo', 'my-gpt-4']);
    expect(await names(await bench.addKey({ models: ['nothing'] }))).toEqual([]);
    expect(await names(await bench.addKey({ models: ['*/*', 'models'] }))).toEqual([
      'a/b/c.d:e_f',
      'meta-llama/Llama-3.1-8B',
      'models',
    ]);
    expect(await names(await bench.addKey({ role: 'viewer' }))).toEqual([]);
    expect(await names(MASTER_KEY)).toEqual(NAMES.toSorted());
  });

  it('is read by the SDK', async () => {
    const client = new OpenAI({ apiKey: key, baseURL: `${bench.url}/v1`, maxRetries: 0 });
    const list: string[] = [];
    for await (const model of client.models.list()) list.push(model.id);
    expect(list.toSorted()).toEqual(NAMES.toSorted());
    for (const name of [...NAMES, 'openai/gpt-4o']) {
      expect((await client.models.retrieve(name)).id).toBe(name);
    }
  });
});

describe('one model', () => {
  it.each(NAMES)('%s, escaped and raw', async (name) => {
    const raw = encodeURI(name);
    for (const path of [
      `/v1/models/${encodeURIComponent(name)}`,
      `/v1/models/${raw}`,
      `/api/v1/models/${raw}/`,
    ]) {
      const { status, json } = await get(path);
      expect([path, status]).toEqual([path, 200]);
      const pllm = { operations: expect.arrayContaining(['chat', 'speech']) };
      expect(json).toEqual({
        id: name,
        object: 'model',
        created: expect.any(Number),
        owned_by: 'sandbox',
        pllm,
      });
    }
    expect((await chat(name)).json.model).toBe(name);
  });

  it('is found under a pattern, the longest first', async () => {
    expect((await get('/v1/models/openai/gpt-4o')).json.id).toBe('openai/gpt-4o');
    expect((await get('/v1/models/openai%2Fgpt-4o')).json.id).toBe('openai/gpt-4o');
    expect((await chat('openai/gpt-4o')).json.model).toBe('openai/gpt-4o');
    expect(bench.sandbox.ledger.requests.at(-1)?.model).toBe('gpt-4o');
    expect((await chat('openai/special/x/y')).json.model).toBe('openai/special/x/y');
    expect(bench.sandbox.ledger.requests.at(-1)?.model).toBe('special-x/y');
    const $pattern = 'openai/$&$1';
    expect((await chat($pattern)).json.model).toBe($pattern);
    expect(bench.sandbox.ledger.requests.at(-1)?.model).toBe('$&$1');
  });

  it.each(['nothing', 'openai', 'openai/', 'OPENAI/gpt', 'asleep', 'my-gpt', 'my-gpt-4/x', '__proto__'])(
    '%s is a 404',
    async (name) => {
      expectError(await get(`/v1/models/${name}`), NOT_FOUND);
      expectError(await chat(name), NOT_FOUND);
    },
  );

  it('is a 403 when it is there and not for the caller', async () => {
    const scoped = await bench.addKey({ models: ['my-gpt-4', 'openai/gpt-*'] });
    expectError(await get('/v1/models/models', scoped), NOT_ALLOWED);
    expectError(await chat('models', scoped), NOT_ALLOWED);
    expectError(await chat('openai/o3', scoped), NOT_ALLOWED);
    expectError(await chat('nothing', scoped), NOT_FOUND);
    expect((await chat('openai/gpt-4o', scoped)).status).toBe(200);
    expect((await get('/v1/models/my-gpt-4', scoped)).status).toBe(200);
  });
});

describe('a model that is changed while the gateway runs', () => {
  it('is there, is another, sleeps, wakes, and is gone', async () => {
    expectError(await chat('fleeting'), NOT_FOUND);
    await bench.addModel('fleeting', 'before', { owned_by: 'somebody' });
    expect((await get('/v1/models/fleeting')).json.owned_by).toBe('somebody');
    await chat('fleeting');
    expect(bench.sandbox.ledger.requests.at(-1)?.model).toBe('before');
    const targets = [{ provider: 'upstream', model: 'after' }];
    await bench.admin('PATCH', '/models/fleeting', { targets });
    await chat('fleeting');
    expect(bench.sandbox.ledger.requests.at(-1)?.model).toBe('after');
    await bench.admin('PATCH', '/models/fleeting', { enabled: false });
    expectError(await chat('fleeting'), NOT_FOUND);
    await bench.admin('PATCH', '/models/fleeting', { enabled: true });
    expect((await chat('fleeting')).status).toBe(200);
    await bench.admin('DELETE', '/models/fleeting');
    expectError(await chat('fleeting'), NOT_FOUND);
    expect(await names()).not.toContain('fleeting');
  });

  it('has no target left when its provider is disabled', async () => {
    const { id } = await bench.admin('POST', '/providers', {
      name: 'second',
      type: 'sandbox',
      base_url: bench.sandbox.url,
    });
    await bench.admin('POST', '/models', { id: 'lonely', targets: [{ provider: 'second', model: 'gpt' }] });
    expect((await chat('lonely')).status).toBe(200);
    await bench.admin('PATCH', `/providers/${id}`, { enabled: false });
    expectError(await chat('lonely'), {
      status: 503,
      type: 'service_unavailable_error',
      code: 'upstream_unavailable',
    });
    await bench.admin('PATCH', `/providers/${id}`, { enabled: true, api_key: 'another-secret-key' });
    expect((await chat('lonely')).status).toBe(200);
    expect(bench.sandbox.ledger.requests.at(-1)?.headers.authorization).toBe('Bearer another-secret-key');
  });
});
