import { readFileSync } from 'node:fs';
import Anthropic, { APIError } from '@anthropic-ai/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { recordOf } from '../support/records.js';
import { startStub } from '../support/stub-upstream.js';
import type { StubUpstream } from '../support/stub-upstream.js';

const FIXTURES = new URL('../../libs/providers/src/', import.meta.url);
const read = (folder: string, file: string): string => {
  const [provider, name] = folder.split('/');
  return readFileSync(new URL(`${provider}/fixtures/${name}/${file}`, FIXTURES), 'utf8');
};

let bench: TestBench;
let claude: StubUpstream;
let key: string;
let client: Anthropic;

beforeAll(async () => {
  bench = await startBench();
  claude = await startStub();
  key = await bench.addKey();
  client = new Anthropic({ apiKey: key, baseURL: bench.url, maxRetries: 0 });
  await bench.admin('POST', '/providers', {
    name: 'anthropic',
    type: 'anthropic',
    base_url: claude.url,
    api_key: 'sk-ant-secret',
  });
  await bench.admin('POST', '/models', {
    id: 'my-claude',
    targets: [{ provider: 'anthropic', model: 'claude-sonnet-4-5' }],
  });
  await bench.addModel('my-gpt', 'gpt-upstream');
  await bench.addModel('two-tools', 'gpt-upstream;tools=2');
  await bench.addModel('down', 'gpt-upstream;status=500');
  await bench.addModel('limited', 'gpt-upstream;status=429;retry_after=7');
});
afterAll(async () => {
  await bench.close();
  await claude.close();
});
beforeEach(async () => {
  // Targets that failed in one test are asked in the next.
  await bench.admin('POST', '/system/reload');
});

const hello = { max_tokens: 100, messages: [{ role: 'user' as const, content: 'Hello!' }] };
const WEATHER: Anthropic.Tool = {
  name: 'weather',
  description: 'Tells the weather.',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

describe('a model behind OpenAI’s wire, by Anthropic’s SDK', () => {
  it('answers whole, and is recorded', async () => {
    const { data, request_id: id } = await client.messages
      .create({ ...hello, model: 'my-gpt' })
      .withResponse();
    expect(data).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'my-gpt',
      stop_reason: 'end_turn',
      stop_sequence: null,
    });
    expect(data.id).toMatch(/^msg_/);
    expect(data.content).toEqual([{ type: 'text', text: expect.stringContaining('Hello!') }]);
    expect(data.usage.output_tokens).toBeGreaterThan(0);
    const record = await recordOf(bench, id ?? '');
    expect(record).toMatchObject({
      operation: 'messages',
      status: 'ok',
      usage_source: 'upstream',
      prompt_tokens: data.usage.input_tokens,
      completion_tokens: data.usage.output_tokens,
    });
  });

  it('streams every event that the SDK gathers', async () => {
    const stream = client.messages.stream({ ...hello, model: 'my-gpt', metadata: { user_id: 'u-7' } });
    const types: string[] = [];
    stream.on('streamEvent', ({ type }) => void types.push(type));
    const message = await stream.finalMessage();
    expect(types[0]).toBe('message_start');
    expect(types.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);
    expect(message).toMatchObject({ model: 'my-gpt', stop_reason: 'end_turn' });
    const [block] = message.content;
    expect(block).toMatchObject({ type: 'text', text: expect.stringContaining('Hello!') });
    expect(message.usage.input_tokens).toBeGreaterThan(0);
    expect(message.usage.output_tokens).toBeGreaterThan(0);
    const record = await recordOf(bench, stream.request_id ?? '');
    expect(record).toMatchObject({ stream: true, user: 'u-7', usage_source: 'upstream' });
  });

  it('calls two tools whose pieces come in turns, and is told what they said', async () => {
    const asked = { ...hello, model: 'two-tools', tools: [WEATHER, { ...WEATHER, name: 'time' }] };
    const message = await client.messages.stream(asked).finalMessage();
    expect(message.stop_reason).toBe('tool_use');
    const calls = message.content.filter((block) => block.type === 'tool_use');
    expect(calls.map(({ name }) => name)).toEqual(['weather', 'time']);
    const results = calls.map(({ id }) => ({
      type: 'tool_result' as const,
      tool_use_id: id,
      content: 'sun',
    }));
    const answer = await client.messages.create({
      ...asked,
      model: 'my-gpt',
      messages: [
        ...hello.messages,
        { role: 'assistant', content: message.content },
        { role: 'user', content: results },
      ],
    });
    expect(answer.content[0]?.type).toBe('text');
    const seen = JSON.parse(bench.sandbox.ledger.requests.at(-1)?.body ?? '');
    expect(seen.messages.map(({ role }: { role: string }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'tool',
    ]);
  });

  it('is shown an image and held to a form', async () => {
    const image = { type: 'base64' as const, media_type: 'image/png' as const, data: 'aGk=' };
    const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
    const message = await client.messages.create({
      model: 'my-gpt',
      max_tokens: 50,
      system: 'Be short.',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Where?' },
            { type: 'image', source: image },
          ],
        },
      ],
      output_config: { format: { type: 'json_schema', schema } },
    });
    const [block] = message.content;
    expect(JSON.parse(block?.type === 'text' ? block.text : '')).toHaveProperty('city');
    const seen = JSON.parse(bench.sandbox.ledger.requests.at(-1)?.body ?? '');
    expect(seen.messages[1].content[1]).toEqual({
      type: 'image_url',
      image_url: { url: 'data:image/png;base64,aGk=' },
    });
  });
});

describe('Claude, by Anthropic’s SDK', () => {
  it('gets the bytes, the headers of its version, and the name asked for', async () => {
    claude.answerWith({ body: read('anthropic/text', 'upstream-response.json') });
    const body = `{"model":"my-claude","max_tokens":7,"x_new":12345678901234567890,"messages":[{"role":"user","content":"Hi"}]}`;
    const answer = await bench.request('POST', '/v1/messages?beta=true', body, {
      'x-api-key': key,
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'context-management-2025-06-27',
    });
    expect(answer.status).toBe(200);
    expect(claude.last.body.toString()).toBe(body.replace('my-claude', 'claude-sonnet-4-5'));
    expect(claude.last.headers).toMatchObject({
      'x-api-key': 'sk-ant-secret',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'context-management-2025-06-27',
    });
    const theirs = JSON.parse(read('anthropic/text', 'upstream-response.json'));
    expect(answer.json).toEqual({ ...theirs, model: 'my-claude' });
    const record = await recordOf(bench, answer.headers.get('x-request-id') ?? '');
    expect(record).toMatchObject({ prompt_tokens: 12, completion_tokens: 5, usage_source: 'upstream' });
  });

  it('streams its own events, thoughts and signatures included', async () => {
    claude.answerWith({
      type: 'text/event-stream',
      body: read('anthropic/reasoning-stream', 'upstream.sse'),
    });
    const stream = client.messages.stream({ ...hello, model: 'my-claude' });
    const message = await stream.finalMessage();
    expect(message.model).toBe('my-claude');
    expect(message.content[0]).toMatchObject({ type: 'thinking', signature: expect.stringMatching(/./) });
    expect(await recordOf(bench, stream.request_id ?? '')).toMatchObject({
      status: 'ok',
      usage_source: 'upstream',
    });
  });

  it('counts tokens itself; for others they are estimated', async () => {
    claude.answerWith({ body: '{"input_tokens":42}' });
    const counted = await client.messages.countTokens({ model: 'my-claude', messages: hello.messages });
    expect(counted.input_tokens).toBe(42);
    expect(claude.last.url).toBe('/v1/messages/count_tokens');
    const guessed = await client.messages.countTokens({ model: 'my-gpt', messages: hello.messages });
    expect(guessed.input_tokens).toBeGreaterThan(2);
  });
});

describe('errors, in Anthropic’s shape', () => {
  const failure = async (promise: Promise<unknown>): Promise<InstanceType<typeof APIError>> => {
    const error = await promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error instanceof APIError) return error;
    throw new Error(`no API error: ${String(error)}`);
  };

  it.each([
    [
      'no key',
      () => new Anthropic({ apiKey: 'sk-nobody', baseURL: bench.url, maxRetries: 0 }),
      'my-gpt',
      401,
      'authentication_error',
    ],
    ['no model', () => client, 'nothing', 404, 'not_found_error'],
    ['an upstream that is down', () => client, 'down', 503, 'overloaded_error'],
    ['an upstream’s limit', () => client, 'limited', 429, 'rate_limit_error'],
  ] as const)('%s', async (_, who, model, status, type) => {
    const error = await failure(who().messages.create({ ...hello, model }));
    expect(error.status).toBe(status);
    expect(error.error).toMatchObject({ type: 'error', error: { type, message: expect.any(String) } });
    expect(error.requestID).toMatch(/^req_/);
  });

  it('what a chat cannot say is named', async () => {
    const tools = [{ type: 'web_search_20250305' as const, name: 'web_search' as const }];
    const error = await failure(client.messages.create({ ...hello, model: 'my-gpt', tools }));
    expect(error.status).toBe(400);
    expect(error.error).toMatchObject({
      error: { type: 'invalid_request_error', message: expect.stringContaining('tools') },
    });
    const short = await failure(
      client.messages.create({ model: 'my-gpt', messages: hello.messages } as never),
    );
    expect(short.error).toMatchObject({ error: { message: expect.stringContaining('max_tokens') } });
  });
});
