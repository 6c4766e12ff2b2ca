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

const FIXTURES = new URL('../../libs/providers/src/anthropic/fixtures/', import.meta.url);
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
  const account = { name: 'anthropic', type: 'anthropic', base_url: stub.url, api_key: 'sk-ant-secret' };
  await bench.admin('POST', '/providers', account);
  const target = { provider: 'anthropic', model: 'claude-sonnet-4-5' };
  await bench.admin('POST', '/models', { id: 'my-claude', targets: [target] });
  const second = { provider: 'upstream', model: 'gpt-upstream', priority: 1 };
  await bench.admin('POST', '/models', { id: 'either', targets: [target, second] });
});
afterAll(async () => {
  await bench.close();
  await stub.close();
});

let request: ChatCompletionCreateParamsNonStreaming;
beforeEach(async () => {
  request = { model: 'my-claude', messages: [{ role: 'user', content: 'Hello!' }] };
  // Targets that failed in one test are asked in the next.
  await bench.admin('POST', '/system/reload');
});

/** The stub plays what Anthropic answers in a golden case. */
const playWhole = (name: string): void => stub.answerWith({ body: read(name, 'upstream-response.json') });
const playStream = (name: string): void =>
  stub.answerWith({ type: 'text/event-stream; charset=utf-8', body: read(name, 'upstream.sse') });
function playError(name: string): void {
  const { status, body, retryAfter } = parse(name, 'upstream-error.json');
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  stub.answerWith({ status, headers, body: JSON.stringify(body) });
}

async function streamed(rest: object): Promise<ChatCompletionChunk[]> {
  const chunks: ChatCompletionChunk[] = [];
  const stream = await client.chat.completions.create({ ...request, ...rest, stream: true });
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe('Claude, by OpenAI’s SDK', () => {
  it('is asked where and how it wants to be, and answers whole', async () => {
    playWhole('text');
    const call = { ...parse('text', 'request.json'), model: 'my-claude' };
    const { data, request_id: id } = await client.chat.completions.create(call).withResponse();
    expect(stub.last.url).toBe('/v1/messages');
    expect(stub.last.headers).toMatchObject({
      'x-api-key': 'sk-ant-secret',
      'anthropic-version': '2023-06-01',
    });
    expect(stub.last.headers.authorization).toBeUndefined();
    expect(JSON.parse(stub.last.body.toString())).toEqual(parse('text', 'upstream-request.json'));
    const { created, ...answer } = parse('text', 'response.json');
    expect(data).toMatchObject({ ...answer, model: 'my-claude' });
    expect(Math.abs(data.created - Date.now() / 1000)).toBeLessThan(60);
    expect(created).not.toBe(data.created);
    const record = {
      status: 'ok',
      usage_source: 'upstream',
      prompt_tokens: 12,
      completion_tokens: 5,
      priced: true,
    };
    expect(await recordOf(bench, id ?? '')).toMatchObject(record);
  });

  it('streams, and tells of usage whoever asks', async () => {
    playStream('text-stream-usage');
    const silent = await streamed({});
    expect(silent.every(({ usage }) => usage === undefined)).toBe(true);
    const chunks = await streamed({ stream_options: { include_usage: true } });
    expect(chunks).toHaveLength(silent.length + 1);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Hi');
    expect(chunks.at(-1)).toMatchObject({
      model: 'my-claude',
      choices: [],
      usage: { prompt_tokens: 132, prompt_tokens_details: { cached_tokens: 100 }, completion_tokens: 7 },
    });
  });

  it('is counted where the client did not ask for it', async () => {
    playStream('text-stream-usage');
    const call = client.chat.completions.create({ ...request, stream: true });
    const { data, request_id: id } = await call.withResponse();
    for await (const { model } of data) expect(model).toBe('my-claude');
    expect(await recordOf(bench, id ?? '')).toMatchObject({ prompt_tokens: 132, usage_source: 'upstream' });
  });

  it('calls tools, and takes their results', async () => {
    playStream('tools-stream');
    const { tools } = parse('tools-stream', 'request.json');
    const runner = client.chat.completions.stream({ ...request, tools, stream: true });
    const { choices } = await runner.finalChatCompletion();
    const message = choices[0]?.message;
    const calls = (message?.tool_calls ?? []).flatMap((call) => (call.type === 'function' ? [call] : []));
    expect(choices[0]?.finish_reason).toBe('tool_calls');
    expect(calls.map(({ function: { name } }) => name)).toEqual(['get_weather', 'get_time']);
    expect(calls.map(({ function: called }) => JSON.parse(called.arguments))).toEqual([
      { city: 'Paris', days: 2 },
      {},
    ]);
    if (!message) throw new Error('No message came.');
    playWhole('text');
    const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'done' }));
    const messages = [...request.messages, message, ...results];
    await client.chat.completions.create({ ...request, tools, messages });
    expect(JSON.parse(stub.last.body.toString()).messages).toMatchObject([
      { role: 'user' },
      {
        role: 'assistant',
        content: [{ text: 'Let me look.' }, { id: 'toolu_01A' }, { id: 'toolu_01B', input: {} }],
      },
      { role: 'user', content: [{ tool_use_id: 'toolu_01A' }, { tool_use_id: 'toolu_01B' }] },
    ]);
  });

  it('calls tools at the same time', async () => {
    playStream('parallel-tools-stream');
    const texts: string[] = [];
    for (const { choices } of await streamed({
      tools: parse('parallel-tools-stream', 'request.json').tools,
    })) {
      for (const { index, function: called } of choices[0]?.delta.tool_calls ?? []) {
        texts[index] = (texts[index] ?? '') + (called?.arguments ?? '');
      }
    }
    expect(texts).toEqual(['{"city": "Paris", "days": 12345678901234567890}', '{"zone": "CET"}', '{}']);
  });

  it('shows its thoughts, and takes them back signed', async () => {
    playWhole('reasoning');
    const { choices } = await client.chat.completions.create({ ...request, reasoning_effort: 'high' });
    const message = choices[0]?.message;
    expect(message).toMatchObject({ content: '42', reasoning_content: 'Hm. Yes.' });
    if (!message) throw new Error('No message came.');
    await client.chat.completions.create({
      ...request,
      messages: [...request.messages, message, ...request.messages],
    });
    const { messages } = JSON.parse(stub.last.body.toString());
    expect(messages[1].content).toEqual(parse('reasoning', 'upstream-response.json').content);
  });
});

describe('an error of Anthropic', () => {
  it.each(['error-400', 'error-400-too-long', 'error-401', 'error-404', 'error-429', 'error-529'])(
    '%s',
    async (name) => {
      playError(name);
      const { status, error } = parse(name, 'error.json');
      const failed = client.chat.completions.create(request);
      await expect(failed).rejects.toMatchObject({ status, code: error.code, type: error.type });
    },
  );

  it.each(['error-429', 'error-529', 'error-401'])('%s is for the next target', async (name) => {
    playError(name);
    const { choices } = await client.chat.completions.create({ ...request, model: 'either' });
    expect(choices[0]?.message.content).toContain('Hello!');
  });

  it('before the first block of a stream is for the next target', async () => {
    playStream('stream-overloaded-at-once');
    const chunks = await streamed({ model: 'either' });
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toContain('Hello!');
  });

  it.each(['stream-overloaded', 'stream-without-message-stop', 'stream-of-two-answers'])(
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

  it('is passed over for what it cannot, where another target can', async () => {
    const { choices } = await client.chat.completions.create({ ...request, model: 'either', n: 2 });
    expect(choices).toHaveLength(2);
  });

  it('is not asked for what it cannot', async () => {
    const refused = client.chat.completions.create({ ...request, n: 2 });
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'n' });
  });
});

it('its models are listed to the operator', async () => {
  stub.answerWith({
    body: JSON.stringify({ data: [{ type: 'model', id: 'claude-opus-5-5' }], has_more: false }),
  });
  const { data } = await bench.admin('GET', '/providers');
  const { id } = data.find(({ type }: { type: string }) => type === 'anthropic');
  expect(await bench.admin('POST', `/providers/${id}/test`)).toMatchObject({ ok: true, models: 1 });
  expect(stub.last).toMatchObject({
    url: '/v1/models?limit=1000',
    headers: { 'x-api-key': 'sk-ant-secret' },
  });
});
