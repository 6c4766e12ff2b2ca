import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import type {
  ChatCompletionChunk,
  ChatCompletionCreateParamsNonStreaming,
} from 'openai/resources/chat/completions';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { recordOf } from '../support/records.js';
import { startStub } from '../support/stub-upstream.js';
import type { StubUpstream } from '../support/stub-upstream.js';

const FIXTURES = new URL('../../libs/providers/src/cohere/fixtures/', import.meta.url);
const read = (name: string, file: string): string =>
  readFileSync(new URL(`${name}/${file}`, FIXTURES), 'utf8');
const parse = (name: string, file: string) => JSON.parse(read(name, file));

const MODELS = {
  'my-command': 'command-a-03-2025',
  'my-embedder': 'embed-v4.0',
  'my-order': 'rerank-v3.5',
};

let bench: TestBench;
let stub: StubUpstream;
let client: OpenAI;
let key: string;

beforeAll(async () => {
  bench = await startBench();
  stub = await startStub();
  key = await bench.addKey();
  client = new OpenAI({ apiKey: key, baseURL: `${bench.url}/v1`, maxRetries: 0 });
  const account = { name: 'cohere', type: 'cohere', base_url: stub.url, api_key: 'co-secret' };
  await bench.admin('POST', '/providers', account);
  for (const [id, model] of Object.entries(MODELS)) {
    await bench.admin('POST', '/models', { id, targets: [{ provider: 'cohere', model }] });
  }
  const target = { provider: 'cohere', model: 'command-a-03-2025' };
  const second = { provider: 'upstream', model: 'gpt-upstream', priority: 1 };
  await bench.admin('POST', '/models', { id: 'either', targets: [target, second] });
  await bench.addModel('sandbox-order', 'order-upstream');
  await bench.addModel('untold-order', 'order-upstream;usage=none');
});
afterAll(async () => {
  await bench.close();
  await stub.close();
});

let request: ChatCompletionCreateParamsNonStreaming;
beforeEach(async () => {
  request = { model: 'my-command', messages: [{ role: 'user', content: 'Hello!' }] };
  // Targets that failed in one test are asked in the next.
  await bench.admin('POST', '/system/reload');
});

/** The stub plays what Cohere answers in a golden case. */
const playWhole = (name: string): void => stub.answerWith({ body: read(name, 'upstream-response.json') });
const playStream = (name: string): void =>
  stub.answerWith({ type: 'text/event-stream', body: read(name, 'upstream.sse') });
function playError(name: string): void {
  const { status, body } = parse(name, 'upstream-error.json');
  stub.answerWith({ status, body: JSON.stringify(body) });
}
const asked = () => JSON.parse(stub.last.body.toString());

async function streamed(rest: object): Promise<ChatCompletionChunk[]> {
  const chunks: ChatCompletionChunk[] = [];
  const stream = await client.chat.completions.create({ ...request, ...rest, stream: true });
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe('Cohere, by OpenAI’s SDK', () => {
  it('is asked where and how it wants to be, answers whole, and is paid what it bills', async () => {
    playWhole('text');
    const call = { ...parse('text', 'request.json'), model: 'my-command' };
    const { data, request_id: id } = await client.chat.completions.create(call).withResponse();
    expect(stub.last.url).toBe('/v2/chat');
    expect(stub.last.headers).toMatchObject({ authorization: 'Bearer co-secret' });
    expect(asked()).toEqual(parse('text', 'upstream-request.json'));
    const { created, ...answer } = parse('text', 'response.json');
    expect(data).toMatchObject({ ...answer, model: 'my-command' });
    expect(created).not.toBe(data.created);
    expect(await recordOf(bench, id ?? '')).toMatchObject({
      status: 'ok',
      usage_source: 'upstream',
      prompt_tokens: 507,
      cached_tokens: 448,
      completion_tokens: 9,
      // 12 tokens in for 2.50 and 5 out for 10 dollars a million.
      cost_usd: '0.00008',
    });
  });

  it('streams, and tells of usage whoever asks', async () => {
    playStream('text-stream-usage');
    const silent = await streamed({});
    expect(asked().stream).toBe(true);
    expect(silent.every(({ usage }) => usage === undefined)).toBe(true);
    const chunks = await streamed({ stream_options: { include_usage: true } });
    expect(chunks).toHaveLength(silent.length + 1);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Hi');
    expect(chunks.at(-1)).toMatchObject({
      model: 'my-command',
      choices: [],
      usage: { prompt_tokens: 507, prompt_tokens_details: { cached_tokens: 448 }, completion_tokens: 9 },
    });
  });

  it('calls tools at the same time, and takes their results back', async () => {
    playStream('parallel-tools-stream');
    const { tools } = parse('parallel-tools-stream', 'request.json');
    const runner = client.chat.completions.stream({ ...request, tools, stream: true });
    const { choices } = await runner.finalChatCompletion();
    const message = choices[0]?.message;
    const calls = (message?.tool_calls ?? []).flatMap((call) => (call.type === 'function' ? [call] : []));
    expect(choices[0]?.finish_reason).toBe('tool_calls');
    expect(calls.map(({ id, function: called }) => [id, called.name, JSON.parse(called.arguments)])).toEqual([
      ['a', 'get_weather', { city: 'Paris' }],
      ['b', 'get_weather', { city: 'Rome' }],
      ['c', 'get_time', {}],
    ]);
    if (!message) throw new Error('No message came.');
    playWhole('text');
    const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'done' }));
    const messages = [...request.messages, message, ...results];
    const answer = await client.chat.completions.create({ ...request, tools, messages });
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    expect(asked().messages.map(({ role }: { role: string }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'tool',
      'tool',
    ]);
    expect(asked().messages[1].tool_calls.map(({ id }: { id: string }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('shows its plan, and takes it back', async () => {
    playWhole('tool');
    const { tools } = parse('tool', 'request.json');
    const { choices } = await client.chat.completions.create({ ...request, tools });
    const message = choices[0]?.message;
    expect(message).toMatchObject({ content: null, reasoning_content: 'I will look up the weather.' });
    if (!message) throw new Error('No message came.');
    const result = { role: 'tool' as const, tool_call_id: 'get_weather_a', content: 'rain' };
    await client.chat.completions.create({ ...request, messages: [...request.messages, message, result] });
    const [, assistant] = asked().messages;
    const { tool_plan: plan, tool_calls: calls } = parse('tool', 'upstream-response.json').message;
    expect(assistant).toEqual({ role: 'assistant', tool_plan: plan, tool_calls: calls });
  });

  it('names what it was not told', async () => {
    playWhole('text');
    const call = client.chat.completions.create({ ...request, user: 'u', service_tier: 'flex' });
    const { response } = await call.withResponse();
    expect(response.headers.get('x-pllm-dropped-params')).toBe('user,service_tier');
  });

  it('embeds, in the encoding that the SDK asks for by itself', async () => {
    const meta = { billed_units: { input_tokens: 4 } };
    const vectors = [
      [0.5, -2],
      [1, 0],
    ];
    stub.answerWith({ body: JSON.stringify({ id: 'a', embeddings: { float: vectors }, meta }) });
    const input = ['a', 'b'];
    const { data, model, usage } = await client.embeddings.create({
      model: 'my-embedder',
      input,
      dimensions: 2,
    });
    expect(stub.last.url).toBe('/v2/embed');
    expect(asked()).toMatchObject({ texts: input, input_type: 'search_document', output_dimension: 2 });
    expect([model, usage.prompt_tokens, data.map(({ embedding }) => embedding)]).toEqual([
      'my-embedder',
      4,
      vectors,
    ]);
  });
});

describe('an error of Cohere', () => {
  it.each([
    'error-400',
    'error-400-too-long',
    'error-401',
    'error-422',
    'error-429',
    'error-498',
    'error-503',
  ])('%s', async (name) => {
    playError(name);
    const { status, error } = parse(name, 'error.json');
    const failed = client.chat.completions.create(request);
    await expect(failed).rejects.toMatchObject({ status, code: error.code, type: error.type });
  });

  it.each(['error-401', 'error-402', 'error-404', 'error-429-trial-key', 'error-499', 'error-503'])(
    '%s is for the next target',
    async (name) => {
      playError(name);
      const { choices } = await client.chat.completions.create({ ...request, model: 'either' });
      expect(choices[0]?.message.content).toContain('Hello!');
    },
  );

  it('before the first content of a stream is for the next target', async () => {
    playStream('stream-failed-at-once');
    const chunks = await streamed({ model: 'either' });
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toContain('Hello!');
  });

  it.each(['stream-failed', 'stream-cut', 'stream-error'])(
    'in the middle of a stream ends it: %s',
    async (name) => {
      playStream(name);
      const texts: unknown[] = [];
      const stream = await client.chat.completions.create({ ...request, stream: true });
      const readAll = async (): Promise<void> => {
        for await (const { choices } of stream) texts.push(choices[0]?.delta.content);
      };
      await expect(readAll()).rejects.toMatchObject({ code: 'upstream_unavailable' });
      expect(texts).toEqual(['', 'Hel']);
    },
  );

  it('is not asked for what it cannot', async () => {
    const refused = client.chat.completions.create({ ...request, logit_bias: { 1: 5 } });
    await expect(refused).rejects.toMatchObject({
      status: 400,
      code: 'unsupported_parameter',
      param: 'logit_bias',
    });
  });
});

it('stops when the client goes in the middle of a stream', async () => {
  const opened = createServer((_, response) => {
    const events = read('stream-cut', 'upstream.sse');
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(events);
  });
  await new Promise<void>((resolve) => opened.listen(0, '127.0.0.1', resolve));
  const gone = new Promise((resolve) =>
    opened.once('connection', (socket) => socket.once('close', () => resolve('gone'))),
  );
  const { port } = opened.address() as AddressInfo;
  const account = { name: 'open', type: 'cohere', base_url: `http://127.0.0.1:${port}`, api_key: 'x' };
  await bench.admin('POST', '/providers', account);
  const targets = [{ provider: 'open', model: 'command-a-03-2025' }];
  await bench.admin('POST', '/models', { id: 'open', targets });
  const call = client.chat.completions.create({ ...request, model: 'open', stream: true });
  const { data, request_id: id } = await call.withResponse();
  for await (const { choices } of data) if (choices[0]?.delta.content === 'Hel') break;
  expect(await gone).toBe('gone');
  const record = await recordOf(bench, id ?? '');
  expect(record).toMatchObject({ status: 'cancelled', usage_source: 'partial', completion_tokens: 1 });
  await new Promise((resolve) => opened.close(resolve));
});

describe('rerank', () => {
  const DOCUMENTS = ['a dog', { title: 'Cats', text: 'a red cat' }];

  async function rerank(model: string, members: object = {}) {
    const answer = await fetch(`${bench.url}/v1/rerank`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, query: 'a red cat', documents: DOCUMENTS, ...members }),
    });
    const id = answer.headers.get('x-request-id') ?? '';
    return { status: answer.status, id, body: (await answer.json()) as Record<string, never> };
  }

  it('is asked of Cohere in its version 2, and paid by the search', async () => {
    const results = [{ index: 1, relevance_score: 0.9 }];
    const meta = { api_version: { version: '2' }, billed_units: { search_units: 2 } };
    stub.answerWith({ body: JSON.stringify({ id: 'r', results, meta }) });
    const { status, body, id } = await rerank('my-order', { top_n: 1, return_documents: true });
    expect(stub.last.url).toBe('/v2/rerank');
    expect(asked()).toEqual({
      model: 'rerank-v3.5',
      query: 'a red cat',
      documents: ['a dog', 'title: Cats\ntext: a red cat'],
      top_n: 1,
    });
    expect([status, body]).toEqual([
      200,
      { id: 'r', results: [{ ...results[0], document: DOCUMENTS[1] }], meta },
    ]);
    expect(await recordOf(bench, id)).toMatchObject({
      operation: 'rerank',
      status: 'ok',
      usage_source: 'upstream',
      cost_usd: '0.004',
    });
  });

  it('goes as it came to a provider on OpenAI’s wire', async () => {
    const { body, id } = await rerank('sandbox-order');
    expect(body).toMatchObject({ results: [{ index: 1 }, { index: 0 }] });
    expect(await recordOf(bench, id)).toMatchObject({ operation: 'rerank', usage_source: 'upstream' });
  });

  it('is estimated where nobody counts', async () => {
    const { id } = await rerank('untold-order');
    const record = await recordOf(bench, id);
    expect(record).toMatchObject({ usage_source: 'estimated', completion_tokens: 0 });
    expect(record.prompt_tokens).toBeGreaterThan(5);
  });

  it('is nothing that a chat model’s provider must know', async () => {
    const account = { name: 'openai-itself', type: 'openai', base_url: stub.url, api_key: 'x' };
    await bench.admin('POST', '/providers', account);
    const targets = [{ provider: 'openai-itself', model: 'gpt-4o' }];
    await bench.admin('POST', '/models', { id: 'no-order', targets });
    const { status, body } = await rerank('no-order');
    expect([status, body]).toMatchObject([400, { error: { code: 'unsupported_operation', param: 'model' } }]);
  });

  it('has errors as any call', async () => {
    playError('error-429');
    const { status, body } = await rerank('my-order');
    expect([status, body]).toMatchObject([429, { error: { code: 'rate_limit_exceeded' } }]);
  });
});

it('its models are listed to the operator', async () => {
  stub.answerWith({ body: JSON.stringify({ models: [{ name: 'command-a-03-2025' }] }) });
  const { data } = await bench.admin('GET', '/providers');
  const { id } = data.find(({ name }: { name: string }) => name === 'cohere');
  expect(await bench.admin('POST', `/providers/${id}/test`)).toMatchObject({ ok: true, models: 1 });
  expect(stub.last).toMatchObject({
    url: '/v1/models?page_size=1000',
    headers: { authorization: 'Bearer co-secret' },
  });
});
