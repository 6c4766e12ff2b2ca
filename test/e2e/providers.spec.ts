import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { badRequest, expectError } from '../support/expect-error.js';
import { MASTER_KEY, startBench, UPSTREAM_KEY } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { recordOf } from '../support/records.js';
import { startStub } from '../support/stub-upstream.js';
import type { StubUpstream } from '../support/stub-upstream.js';

const HELLO = [{ role: 'user' as const, content: 'Hello!' }];
const SEED = 7;
const ENTRA_TOKEN = `eyJ${'h'.repeat(40)}.${'p'.repeat(200)}.${'s'.repeat(80)}`;

let bench: TestBench;
let stub: StubUpstream;
let key: string;
let count = 0;

beforeAll(async () => {
  bench = await startBench();
  stub = await startStub();
  key = await bench.addKey();
});
afterAll(async () => {
  await bench.close();
  await stub.close();
});

const origin = (): string => new URL(bench.sandbox.url).origin;
const client = (): OpenAI => new OpenAI({ apiKey: key, baseURL: `${bench.url}/v1`, maxRetries: 0 });

/** A provider, and a model on it; answers with the model's name. */
async function add(type: string, baseUrl: string, model = 'gpt-upstream', apiKey = UPSTREAM_KEY) {
  const name = `${type}-${++count}`;
  await bench.admin('POST', '/providers', { name, type, base_url: baseUrl, api_key: apiKey });
  await bench.admin('POST', '/models', { id: name, targets: [{ provider: name, model }] });
  return name;
}

/** What the upstream saw of the last call. */
function seen() {
  const entry = bench.sandbox.ledger.requests.at(-1);
  if (!entry) throw new Error('Nothing came.');
  const { authorization, 'api-key': apiKey } = entry.headers;
  return { path: entry.path, authorization, apiKey, body: JSON.parse(entry.body) };
}

const BEARER = { authorization: `Bearer ${UPSTREAM_KEY}`, apiKey: undefined };
const API_KEY = { authorization: undefined, apiKey: UPSTREAM_KEY };
const PLAIN = ['deepseek', 'fireworks', 'groq', 'mistral', 'ollama', 'openrouter', 'together', 'vllm', 'xai'];
const DATED = '/openai/deployments/gpt-upstream/chat/completions?api-version=';

describe('a provider of its own type, by the official SDK', () => {
  it.each([
    ...PLAIN.map((type) => [type, '/v1', '/v1/chat/completions', BEARER] as const),
    ['azure-openai', '', `${DATED}2024-10-21`, API_KEY] as const,
    ['azure-openai', '?api-version=2025-04-01-preview', `${DATED}2025-04-01-preview`, API_KEY] as const,
    ['azure-openai', '/openai/v1', '/openai/v1/chat/completions', API_KEY] as const,
  ])('%s at %j is asked where and how it wants to be', async (type, base, path, headers) => {
    const model = await add(type, `${origin()}${base}`);
    const call = { model, messages: HELLO, seed: SEED, temperature: 1 };
    const completion = await client().chat.completions.create(call);
    expect(completion).toMatchObject({ model, choices: [{ finish_reason: 'stop' }] });
    expect(seen()).toMatchObject({ path, ...headers, body: { model: 'gpt-upstream', messages: HELLO } });
    const { seed, random_seed: randomSeed } = seen().body;
    expect([seed, randomSeed]).toEqual(type === 'mistral' ? [undefined, SEED] : [SEED, undefined]);

    let text = '';
    for await (const chunk of await client().chat.completions.create({ ...call, stream: true })) {
      expect(chunk.model).toBe(model);
      text += chunk.choices[0]?.delta.content ?? '';
    }
    expect(text).toBe(completion.choices[0]?.message.content);
    expect(seen()).toMatchObject({ path, ...headers });
    const options = type === 'mistral' ? undefined : { include_usage: true };
    expect(seen().body.stream_options).toEqual(options);
  });

  it.each([
    ['mistral', 'model_length', 'length'],
    ['together', 'eos', 'stop'],
    ['deepseek', 'insufficient_system_resource', 'length'],
  ])('%s ends an answer with %s, which is %s', async (type, word, reason) => {
    const model = await add(type, bench.sandbox.url, `gpt-upstream;finish=${word}`);
    const completion = await client().chat.completions.create({ model, messages: HELLO });
    expect(completion.choices[0]?.finish_reason).toBe(reason);
    const reasons: unknown[] = [];
    const stream = await client().chat.completions.create({ model, messages: HELLO, stream: true });
    for await (const { choices } of stream) reasons.push(choices[0]?.finish_reason);
    expect(reasons.at(-1)).toBe(reason);
  });

  it.each(['mistral', 'deepseek', 'ollama'])('%s knows one limit of tokens', async (type) => {
    const model = await add(type, bench.sandbox.url);
    await client().chat.completions.create({ model, messages: HELLO, max_completion_tokens: 5, user: 'u' });
    expect(seen().body).toMatchObject({ max_tokens: 5 });
    expect(seen().body).not.toHaveProperty('max_completion_tokens');
    expect(seen().body.user).toBe(type === 'mistral' ? undefined : 'u');
  });

  it('Mistral knows embeddings’ dimensions by another name', async () => {
    const model = await add('mistral', bench.sandbox.url);
    await client().embeddings.create({ model, input: 'x', dimensions: 4 });
    expect(seen()).toMatchObject({ path: '/v1/embeddings', body: { output_dimension: 4 } });
    expect(seen().body).not.toHaveProperty('dimensions');
  });

  it('what a provider has not is refused before it is asked', async () => {
    const model = await add('groq', bench.sandbox.url);
    const before = bench.sandbox.ledger.requests.length;
    const answer = await bench.request(
      'POST',
      '/v1/embeddings',
      { model, input: 'x' },
      { authorization: `Bearer ${key}` },
    );
    expectError(answer, badRequest('unsupported_operation', 'model'));
    expect(bench.sandbox.ledger.requests).toHaveLength(before);
  });
});

describe('Azure', () => {
  it('is shown a token of Entra as one', async () => {
    const model = await add('azure-openai', origin(), 'gpt-upstream', ENTRA_TOKEN);
    await client().chat.completions.create({ model, messages: HELLO });
    expect(seen()).toMatchObject({ authorization: `Bearer ${ENTRA_TOKEN}`, apiKey: undefined });
  });

  it('has its deployments under a pattern, each in its own place', async () => {
    const name = await add('azure-openai', origin());
    const targets = [{ provider: name, model: '*' }];
    await bench.admin('POST', '/models', { id: 'azure/*', targets });
    await client().chat.completions.create({ model: 'azure/my dep/é', messages: HELLO });
    expect(seen().path).toBe('/openai/deployments/my%20dep%2F%C3%A9/chat/completions?api-version=2024-10-21');
    const climbing = client().chat.completions.create({ model: 'azure/..', messages: HELLO });
    await expect(climbing).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });

  it.each([
    ['', '/openai/models?api-version=2024-10-21'],
    ['/openai/v1?api-version=preview', '/openai/v1/models?api-version=preview'],
  ])('lists its models in its own place: %j', async (base, path) => {
    stub.answerWith({ body: '{"data":[{"id":"gpt-4o"}]}' });
    const body = { name: `azure-${++count}`, type: 'azure-openai', base_url: `${stub.url}${base}` };
    const { id, base_url: shown } = await bench.admin('POST', '/providers', { ...body, api_key: 'my-key' });
    expect(shown).toBe(body.base_url);
    expect(await bench.admin('POST', `/providers/${id}/test`)).toMatchObject({ ok: true, models: 1 });
    expect(stub.last).toMatchObject({ url: path, headers: { 'api-key': 'my-key' } });
  });
});

describe('the query of a base URL', () => {
  it.each(['?api-version=1&key=2', '?api-version=', '?key=2', '?api-version=1#a', '?api-version=1?'])(
    'is an API version and nothing else: %s',
    async (query) => {
      const body = { name: 'queried', type: 'azure-openai', base_url: `http://host${query}` };
      const headers = { authorization: `Bearer ${MASTER_KEY}` };
      const answer = await bench.request('POST', '/v1/admin/providers', body, headers);
      expectError(answer, badRequest('invalid_value', 'base_url'));
    },
  );
});

describe('usage', () => {
  const eventsOf = (...chunks: object[]): string =>
    [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'].map((data) => `data: ${data}\n\n`).join('');
  const delta = (content: string, finish: string | null = null) => [
    { index: 0, delta: { content }, finish_reason: finish },
  ];

  it.each([
    ['mistral', { usage: { prompt_tokens: 4, completion_tokens: 2 } }, 2],
    ['groq', { x_groq: { usage: { prompt_tokens: 4, completion_tokens: 2 } } }, 2],
    [
      'xai',
      {
        usage: {
          prompt_tokens: 4,
          completion_tokens: 2,
          completion_tokens_details: { reasoning_tokens: 3 },
        },
      },
      5,
    ],
  ])('of %s is found where it stands, and is not for who did not ask', async (type, last, tokens) => {
    const body = eventsOf(
      { id: 'c', choices: delta('Hi') },
      { id: 'c', choices: delta('', 'stop'), ...last },
    );
    stub.answerWith({ type: 'text/event-stream', body });
    const model = await add(type, `${stub.url}/v1`);
    const call = { model, messages: HELLO, stream: true as const };
    const { data, request_id: id } = await client().chat.completions.create(call).withResponse();
    const usages: unknown[] = [];
    for await (const chunk of data) usages.push(chunk.usage);
    expect(usages).toEqual([undefined, undefined]);
    expect(await recordOf(bench, id ?? '')).toMatchObject({
      usage_source: 'upstream',
      prompt_tokens: 4,
      completion_tokens: tokens,
    });
  });

  it('of an answer that OpenRouter broke off does not make it one', async () => {
    const body = eventsOf(
      { id: 'c', choices: delta('Hal') },
      { id: 'c', error: { code: 502, message: 'down' }, choices: delta('', 'error') },
    );
    stub.answerWith({ type: 'text/event-stream', body });
    const model = await add('openrouter', `${stub.url}/v1`);
    const stream = await client().chat.completions.create({ model, messages: HELLO, stream: true });
    const texts: unknown[] = [];
    const read = async (): Promise<void> => {
      for await (const { choices } of stream) texts.push(choices[0]?.delta.content);
    };
    await expect(read()).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(texts).toEqual(['Hal']);
  });
});
