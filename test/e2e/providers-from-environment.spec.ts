import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { databaseText, spellingsOf } from '../support/database-text.js';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { recordOf } from '../support/records.js';

const SECRET = 'sk-environment-secret-5150';
const HELLO = [{ role: 'user' as const, content: 'Hello!' }];

let bench: TestBench;
let openai: Sandbox;
let key: string;

beforeAll(async () => {
  openai = await startSandbox();
  bench = await startBench({ OPENAI_API_KEY: SECRET, OPENAI_BASE_URL: openai.url });
  key = await bench.addKey();
});
afterAll(async () => {
  await bench.close();
  await openai.close();
});

const client = (apiKey = key): OpenAI => new OpenAI({ apiKey, baseURL: `${bench.url}/v1`, maxRetries: 0 });

it.each([
  ['gpt-4o', 'gpt-4o'],
  ['openai/gpt-4o-mini', 'gpt-4o-mini'],
  ['ft:gpt-4o:acme:x:1', 'ft:gpt-4o:acme:x:1'],
])('%s works unchanged with one variable', async (model, upstream) => {
  const call = client().chat.completions.create({ model, messages: HELLO });
  const { data, request_id: id, response } = await call.withResponse();
  expect(data.model).toBe(model);
  expect(response.headers.get('x-pllm-provider')).toBe('openai');
  expect(openai.ledger.requests.at(-1)).toMatchObject({
    model: upstream,
    headers: { authorization: `Bearer ${SECRET}` },
  });
  const record = await recordOf(bench, id ?? '');
  expect(record).toMatchObject({ model, provider: 'openai', upstream_model: upstream, status: 'ok' });
  expect(await client().models.retrieve(model)).toMatchObject({ id: model, owned_by: 'openai' });
});

it('a key’s scopes hold for these models too', async () => {
  const scoped = await bench.addKey({ models: ['openai/*'] });
  const refused = client(scoped).chat.completions.create({ model: 'gpt-4o', messages: HELLO });
  await expect(refused).rejects.toMatchObject({ status: 403, code: 'model_not_allowed' });
  await client(scoped).chat.completions.create({ model: 'openai/gpt-4o', messages: HELLO });
});

it('other names are no models', async () => {
  const refused = client().chat.completions.create({ model: 'llama3', messages: HELLO });
  await expect(refused).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
});

it('a model of the API may fall back to these', async () => {
  const targets = [{ provider: 'upstream', model: 'x' }];
  const fallbacks = ['openai/gpt-4o', 'gpt-4o-mini'];
  const made = await bench.admin('POST', '/models', { id: 'falls-back', targets, fallbacks });
  expect(made).toMatchObject({ fallbacks });
});

it('nothing of it stands in the database, or in the admin API', async () => {
  const { data } = await bench.admin('GET', '/providers');
  expect(data.map(({ name }: { name: string }) => name)).toEqual(['upstream']);
  const all = await databaseText(bench.gateway);
  for (const secret of spellingsOf(SECRET)) expect(all.includes(secret)).toBe(false);
});

it('an operator’s model and provider of the same name stand in its place', async () => {
  await bench.addModel('gpt-4o', 'gpt-of-mine');
  await client().chat.completions.create({ model: 'gpt-4o', messages: HELLO });
  expect(bench.sandbox.ledger.requests.at(-1)?.model).toBe('gpt-of-mine');
  const provider = { name: 'openai', type: 'openai', base_url: bench.sandbox.url };
  const { id } = await bench.admin('POST', '/providers', provider);
  const refused = client().chat.completions.create({ model: 'openai/gpt-4o', messages: HELLO });
  await expect(refused).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  await bench.admin('DELETE', `/providers/${id}`);
  await client().chat.completions.create({ model: 'openai/gpt-4o', messages: HELLO });
});
