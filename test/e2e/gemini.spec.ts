import { readFileSync } from 'node:fs';
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

const FIXTURES = new URL('../../libs/providers/src/gemini/fixtures/', import.meta.url);
const read = (name: string, file: string): string =>
  readFileSync(new URL(`${name}/${file}`, FIXTURES), 'utf8');
const parse = (name: string, file: string) => JSON.parse(read(name, file));

let bench: TestBench;
let stub: StubUpstream;
let client: OpenAI;

beforeAll(async () => {
  bench = await startBench();
  stub = await startStub();
  client = new OpenAI({ apiKey: await bench.addKey(), baseURL: `${bench.url}/v1`, maxRetries: 0 });
  const account = { name: 'gemini', type: 'gemini', base_url: stub.url, api_key: 'AIza-secret' };
  await bench.admin('POST', '/providers', account);
  const target = { provider: 'gemini', model: 'gemini-2.5-flash' };
  await bench.admin('POST', '/models', { id: 'my-gemini', targets: [target] });
  const newer = { provider: 'gemini', model: 'gemini-3.8-flash' };
  await bench.admin('POST', '/models', { id: 'my-newer-gemini', targets: [newer] });
  const embedder = { provider: 'gemini', model: 'gemini-embedding-001' };
  await bench.admin('POST', '/models', { id: 'my-embedder', targets: [embedder] });
  const second = { provider: 'upstream', model: 'gpt-upstream', priority: 1 };
  await bench.admin('POST', '/models', { id: 'either', targets: [target, second] });
});
afterAll(async () => {
  await bench.close();
  await stub.close();
});

let request: ChatCompletionCreateParamsNonStreaming;
beforeEach(async () => {
  request = { model: 'my-gemini', messages: [{ role: 'user', content: 'Hello!' }] };
  // Targets that failed in one test are asked in the next.
  await bench.admin('POST', '/system/reload');
});

/** The stub plays what Gemini answers in a golden case. */
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

describe('Gemini, by OpenAI’s SDK', () => {
  it('is asked where and how it wants to be, and answers whole', async () => {
    playWhole('text');
    const call = { ...parse('text', 'request.json'), model: 'my-gemini' };
    const { data, request_id: id } = await client.chat.completions.create(call).withResponse();
    expect(stub.last.url).toBe('/v1beta/models/gemini-2.5-flash:generateContent');
    expect(stub.last.headers).toMatchObject({ 'x-goog-api-key': 'AIza-secret' });
    expect(stub.last.headers.authorization).toBeUndefined();
    expect(asked()).toEqual(parse('text', 'upstream-request.json'));
    const { created, ...answer } = parse('text', 'response.json');
    expect(data).toMatchObject({ ...answer, model: 'my-gemini' });
    expect(created).not.toBe(data.created);
    expect(await recordOf(bench, id ?? '')).toMatchObject({
      status: 'ok',
      usage_source: 'upstream',
      prompt_tokens: 12,
      completion_tokens: 5,
      priced: true,
    });
  });

  it('streams from an address of its own, and tells of usage whoever asks', async () => {
    playStream('text-stream-usage');
    const silent = await streamed({});
    expect(stub.last.url).toBe('/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse');
    expect(silent.every(({ usage }) => usage === undefined)).toBe(true);
    const chunks = await streamed({ stream_options: { include_usage: true } });
    expect(chunks).toHaveLength(silent.length + 1);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Hi');
    expect(chunks.at(-1)).toMatchObject({
      model: 'my-gemini',
      choices: [],
      usage: { prompt_tokens: 132, prompt_tokens_details: { cached_tokens: 100 }, completion_tokens: 37 },
    });
  });

  it('is counted where the client did not ask for it', async () => {
    playStream('text-stream-usage');
    const call = client.chat.completions.create({ ...request, stream: true });
    const { data, request_id: id } = await call.withResponse();
    for await (const { model } of data) expect(model).toBe('my-gemini');
    expect(await recordOf(bench, id ?? '')).toMatchObject({ prompt_tokens: 132, usage_source: 'upstream' });
  });

  it('calls tools at the same time, and takes their results and its signature back', async () => {
    playStream('parallel-tools-stream');
    const { tools } = parse('parallel-tools-stream', 'request.json');
    const runner = client.chat.completions.stream({ ...request, tools, stream: true });
    const { choices } = await runner.finalChatCompletion();
    const message = choices[0]?.message;
    const calls = (message?.tool_calls ?? []).flatMap((call) => (call.type === 'function' ? [call] : []));
    expect(choices[0]?.finish_reason).toBe('tool_calls');
    expect(calls.map(({ function: called }) => [called.name, JSON.parse(called.arguments)])).toEqual([
      ['get_weather', { city: 'Paris' }],
      ['get_weather', { city: 'Rome' }],
      ['get_time', {}],
    ]);
    if (!message) throw new Error('No message came.');
    playWhole('text');
    const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'done' }));
    const messages = [...request.messages, message, ...results.toReversed()];
    await client.chat.completions.create({ ...request, model: 'my-newer-gemini', tools, messages });
    const [first, second, third] = calls.map(({ id }) => id);
    expect(asked().contents).toMatchObject([
      { role: 'user' },
      {
        role: 'model',
        parts: [
          { functionCall: { id: first, args: { city: 'Paris' } }, thoughtSignature: 'c2ln' },
          { functionCall: { id: second } },
          { functionCall: { id: third, args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: first, name: 'get_weather', response: { output: 'done' } } },
          { functionResponse: { id: second, name: 'get_weather' } },
          { functionResponse: { id: third, name: 'get_time' } },
        ],
      },
    ]);
  });

  it('shows its thoughts, and takes their signature back', async () => {
    playWhole('reasoning');
    const { choices } = await client.chat.completions.create({ ...request, reasoning_effort: 'high' });
    const message = choices[0]?.message;
    expect(message).toMatchObject({ content: '42', reasoning_content: 'Hm. Yes.' });
    if (!message) throw new Error('No message came.');
    const messages = [...request.messages, message, ...request.messages];
    await client.chat.completions.create({ ...request, messages });
    expect(asked().contents[1].parts).toEqual([{ text: '42', thoughtSignature: 'c2ln' }]);
  });

  it.each([true, false])(
    'says why a prompt is blocked, and that is an answer; streamed: %s',
    async (stream) => {
      if (stream) playStream('prompt-blocked-stream');
      else playWhole('prompt-blocked');
      const refusal = stream
        ? (await streamed({})).map(({ choices }) => choices[0]?.delta.refusal ?? '').join('')
        : (await client.chat.completions.create(request)).choices[0]?.message.refusal;
      expect(refusal).toContain('PROHIBITED_CONTENT');
    },
  );

  it('embeds, in the encoding that the SDK asks for by itself', async () => {
    stub.answerWith({ body: JSON.stringify({ embeddings: [{ values: [0.5, -2] }, { values: [1, 0] }] }) });
    const input = ['a', 'b'];
    const { data, model } = await client.embeddings.create({ model: 'my-embedder', input, dimensions: 2 });
    expect(stub.last.url).toBe('/v1beta/models/gemini-embedding-001:batchEmbedContents');
    expect(asked().requests[1]).toEqual({
      model: 'models/gemini-embedding-001',
      content: { parts: [{ text: 'b' }] },
      outputDimensionality: 2,
    });
    expect([model, data.map(({ embedding }) => embedding)]).toEqual([
      'my-embedder',
      [
        [0.5, -2],
        [1, 0],
      ],
    ]);
  });
});

describe('an error of Gemini', () => {
  it.each(['error-400', 'error-400-too-long', 'error-400-key', 'error-404', 'error-429', 'error-503'])(
    '%s',
    async (name) => {
      playError(name);
      const { status, error } = parse(name, 'error.json');
      const failed = client.chat.completions.create(request);
      await expect(failed).rejects.toMatchObject({ status, code: error.code, type: error.type });
    },
  );

  it('says when to ask again', async () => {
    playError('error-429');
    const failed = client.chat.completions.create(request).catch((error: unknown) => error);
    expect(((await failed) as InstanceType<typeof OpenAI.APIError>).headers?.get('retry-after')).toBe('35');
  });

  it.each(['error-429', 'error-503', 'error-400-key', 'error-400-location'])(
    '%s is for the next target',
    async (name) => {
      playError(name);
      const { choices } = await client.chat.completions.create({ ...request, model: 'either' });
      expect(choices[0]?.message.content).toContain('Hello!');
    },
  );

  it.each(['stream-overloaded-at-once', 'stream-empty'])(
    'before the first content of a stream is for the next target: %s',
    async (name) => {
      playStream(name);
      const chunks = await streamed({ model: 'either' });
      expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toContain('Hello!');
    },
  );

  it.each(['stream-overloaded', 'stream-cut', 'stream-of-a-call-gone-wrong'])(
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
    const tokens = client.embeddings.create({ model: 'my-embedder', input: [1, 2] });
    await expect(tokens).rejects.toMatchObject({ status: 400, param: 'input' });
  });
});

it('its models are listed to the operator', async () => {
  stub.answerWith({ body: JSON.stringify({ models: [{ name: 'models/gemini-2.5-flash' }] }) });
  const { data } = await bench.admin('GET', '/providers');
  const { id } = data.find(({ type }: { type: string }) => type === 'gemini');
  expect(await bench.admin('POST', `/providers/${id}/test`)).toMatchObject({ ok: true, models: 1 });
  expect(stub.last).toMatchObject({
    url: '/v1beta/models?pageSize=1000',
    headers: { 'x-goog-api-key': 'AIza-secret' },
  });
});
