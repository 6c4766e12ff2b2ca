import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import OpenAI from 'openai';
import type { ChatCompletionChunk, ChatCompletionTool } from 'openai/resources/chat/completions';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { readEvents } from '../support/read-events.js';
import { recordOf } from '../support/records.js';

const HELLO = [{ role: 'user' as const, content: 'Hello!' }];
const WEATHER_SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1 } },
  required: ['city', 'days'],
  additionalProperties: false,
};
const WEATHER: ChatCompletionTool = {
  type: 'function',
  function: { name: 'get_weather', parameters: WEATHER_SCHEMA },
};

describe('a chat through the gateway, by the official SDK', () => {
  let bench: TestBench;
  let key: string;

  beforeAll(async () => {
    bench = await startBench();
    await bench.addModel('my-gpt-4', 'gpt-upstream');
    await bench.addModel('two-tools', 'gpt-upstream;tools=2');
    await bench.addModel('uncounted', 'gpt-upstream;usage=none');
    key = await bench.addKey();
  });
  afterAll(() => bench.close());

  const client = (prefix = '/v1') =>
    new OpenAI({ apiKey: key, baseURL: `${bench.url}${prefix}`, maxRetries: 0 });
  const stream = async (body: object): Promise<ChatCompletionChunk[]> => {
    const chunks: ChatCompletionChunk[] = [];
    const request = { model: 'my-gpt-4', messages: HELLO, ...body, stream: true as const };
    for await (const chunk of await client().chat.completions.create(request)) chunks.push(chunk);
    return chunks;
  };

  it('answers whole, under the name that was asked for', async () => {
    const completion = await client().chat.completions.create({ model: 'my-gpt-4', messages: HELLO });
    expect(completion.object).toBe('chat.completion');
    expect(completion.model).toBe('my-gpt-4');
    expect(completion.choices[0]?.message.content).toContain('Hello!');
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    expect(completion.usage?.total_tokens).toBeGreaterThan(0);
    expect(completion._request_id).toMatch(/^req_[0-9a-f]{32}$/);
  });

  it('takes the call of the specification', async () => {
    const answer = await bench.request(
      'POST',
      '/v1/chat/completions',
      {
        model: 'my-gpt-4',
        messages: [
          { role: 'system', content: 'You are a helpful assistant.' },
          { role: 'user', content: 'Hello!' },
        ],
        temperature: 0.7,
        max_tokens: 150,
        stream: false,
      },
      { authorization: `Bearer ${key}` },
    );
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'my-gpt-4',
      choices: [
        { index: 0, message: { role: 'assistant', content: expect.any(String) }, finish_reason: 'stop' },
      ],
      usage: {
        prompt_tokens: expect.any(Number),
        completion_tokens: expect.any(Number),
        total_tokens: expect.any(Number),
      },
    });
  });

  it('streams, under the name that was asked for in every chunk', async () => {
    const chunks = await stream({});
    expect(new Set(chunks.map((chunk) => chunk.model))).toEqual(new Set(['my-gpt-4']));
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
    expect(new Set(chunks.map((chunk) => chunk.object))).toEqual(new Set(['chat.completion.chunk']));
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toContain('Hello!');
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
  });

  it('gives a streamed answer the text of the whole one', async () => {
    const whole = await client().chat.completions.create({ model: 'my-gpt-4', messages: HELLO });
    const chunks = await stream({});
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
    expect(text).toBe(whole.choices[0]?.message.content);
  });

  it('passes a tool call on, whole', async () => {
    const request = { model: 'my-gpt-4', messages: HELLO, tools: [WEATHER] };
    const completion = await client().chat.completions.create(request);
    const [choice] = completion.choices;
    const [call] = choice?.message.tool_calls ?? [];
    expect(choice?.finish_reason).toBe('tool_calls');
    expect(choice?.message.content).toBeNull();
    if (call?.type !== 'function') throw new Error('No function was called.');
    expect(call.function.name).toBe('get_weather');
    expect(Object.keys(JSON.parse(call.function.arguments)).toSorted()).toEqual(['city', 'days']);
  });

  it('passes interleaved tool calls on, streamed', async () => {
    const chunks = await stream({ model: 'two-tools', tools: [WEATHER] });
    const calls: { id?: string; name?: string; text: string }[] = [];
    for (const { index, id, function: called } of chunks.flatMap(
      (chunk) => chunk.choices[0]?.delta.tool_calls ?? [],
    )) {
      const call = (calls[index] ??= { text: '' });
      call.id ??= id;
      call.name ??= called?.name;
      call.text += called?.arguments ?? '';
    }
    expect(calls.map(({ name }) => name)).toEqual(['get_weather', 'get_weather']);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    for (const { text } of calls) expect(JSON.parse(text)).toMatchObject({ days: expect.any(Number) });
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('takes the result of a tool', async () => {
    const call = {
      id: 'call_1',
      type: 'function' as const,
      function: { name: 'get_weather', arguments: '{}' },
    };
    const completion = await client().chat.completions.create({
      model: 'my-gpt-4',
      tools: [WEATHER],
      messages: [
        ...HELLO,
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'call_1', content: '{"sky":"blue"}' },
      ],
    });
    expect(completion.choices[0]?.message.content).toContain('Hello!');
  });

  it('gives an answer in the schema that was asked for', async () => {
    const completion = await client().chat.completions.parse({
      model: 'my-gpt-4',
      messages: HELLO,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'weather', strict: true, schema: WEATHER_SCHEMA },
      },
    });
    const answer = JSON.parse(completion.choices[0]?.message.content ?? '');
    expect(answer).toEqual({ city: expect.any(String), days: expect.any(Number) });
  });

  it('gives n answers, whole and streamed', async () => {
    const completion = await client().chat.completions.create({ model: 'my-gpt-4', messages: HELLO, n: 2 });
    expect(completion.choices.map(({ index }) => index)).toEqual([0, 1]);
    const texts = ['', ''];
    for (const chunk of await stream({ n: 2 }))
      for (const { index, delta } of chunk.choices) texts[index] += delta.content ?? '';
    expect(texts).toEqual(completion.choices.map(({ message }) => message.content));
  });

  it('finishes a stream through the helper of the SDK', async () => {
    const runner = client().chat.completions.stream({
      model: 'my-gpt-4',
      messages: HELLO,
      stream_options: { include_usage: true },
    });
    const completion = await runner.finalChatCompletion();
    expect(completion.model).toBe('my-gpt-4');
    expect(completion.choices[0]?.message.content).toContain('Hello!');
    expect(completion.usage?.completion_tokens).toBeGreaterThan(0);
  });

  it('tells the request id of a stream', async () => {
    const { data, response, request_id } = await client()
      .chat.completions.create({ model: 'my-gpt-4', messages: HELLO, stream: true })
      .withResponse();
    for await (const chunk of data) expect(chunk.model).toBe('my-gpt-4');
    expect(request_id).toMatch(/^req_[0-9a-f]{32}$/);
    expect(response.headers.get('x-request-id')).toBe(request_id);
  });

  describe('usage', () => {
    const raw = (body: object) =>
      bench.request(
        'POST',
        '/v1/chat/completions',
        { model: 'my-gpt-4', messages: HELLO, ...body },
        { authorization: `Bearer ${key}` },
      );

    it('comes in one last chunk without choices when it was asked for, and is null before', async () => {
      const answer = await raw({ stream: true, stream_options: { include_usage: true } });
      const { chunks, isDone } = readEvents(answer.text);
      expect(isDone).toBe(true);
      const last = chunks.at(-1);
      expect(last.choices).toEqual([]);
      expect(last.usage.total_tokens).toBe(last.usage.prompt_tokens + last.usage.completion_tokens);
      expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
      const record = await recordOf(bench, answer.headers.get('x-request-id') ?? '');
      expect(record).toMatchObject({
        prompt_tokens: last.usage.prompt_tokens,
        completion_tokens: last.usage.completion_tokens,
        usage_source: 'upstream',
      });
    });

    const NOT_ASKED: [string, object][] = [
      ['no options', {}],
      ['null options', { stream_options: null }],
      ['empty options', { stream_options: {} }],
      ['include_usage: false', { stream_options: { include_usage: false } }],
    ];
    it.each(NOT_ASKED)('does not show with %s, but the ledger has it', async (_, options) => {
      const answer = await raw({ stream: true, ...options });
      const { chunks, isDone } = readEvents(answer.text);
      expect(isDone).toBe(true);
      expect(answer.text).not.toContain('usage');
      expect(chunks.every((chunk) => chunk.choices.length === 1)).toBe(true);
      const whole = await raw({});
      const record = await recordOf(bench, answer.headers.get('x-request-id') ?? '');
      expect(record).toMatchObject({
        stream: true,
        status: 'ok',
        http_status: 200,
        model: 'my-gpt-4',
        provider: 'upstream',
        upstream_model: 'gpt-upstream',
        prompt_tokens: whole.json.usage.prompt_tokens,
        completion_tokens: whole.json.usage.completion_tokens,
        usage_source: 'upstream',
        attempts: 1,
      });
    });

    it('is estimated, and said to be, where the upstream does not count', async () => {
      const answer = await raw({ model: 'uncounted', user: 'somebody' });
      expect(answer.json).not.toHaveProperty('usage');
      const record = await recordOf(bench, answer.headers.get('x-request-id') ?? '');
      expect(record).toMatchObject({ usage_source: 'estimated', user: 'somebody' });
      expect(record.prompt_tokens).toBeGreaterThan(0);
      expect(record.completion_tokens).toBeGreaterThan(0);
    });
  });

  describe('under both prefixes, with every way to send a key', () => {
    const STYLES: [string, (key: string) => Record<string, string>][] = [
      ['Bearer', (key) => ({ authorization: `Bearer ${key}` })],
      ['bearer in small letters', (key) => ({ authorization: `bearer ${key}` })],
      ['BEARER in capitals', (key) => ({ authorization: `BEARER ${key}` })],
      ['Bearer with spaces around the key', (key) => ({ authorization: `  Bearer    ${key}  ` })],
      ['X-API-Key', (key) => ({ 'X-API-Key': key })],
      ['X-API-Key with spaces around the key', (key) => ({ 'x-api-key': `  ${key} ` })],
      ['api-key', (key) => ({ 'api-key': key })],
      ['x-goog-api-key', (key) => ({ 'x-goog-api-key': key })],
    ];
    const cases = ['/v1', '/api/v1'].flatMap((prefix) =>
      STYLES.map(([style, headers]) => [prefix, style, headers] as const),
    );

    it.each(cases)('%s by %s', async (prefix, _, headers) => {
      const body = { model: 'my-gpt-4', messages: HELLO };
      const answer = await bench.request('POST', `${prefix}/chat/completions`, body, headers(key));
      expect([answer.status, answer.json.model]).toEqual([200, 'my-gpt-4']);
    });

    it('serves the SDK at the other prefix', async () => {
      const completion = await client('/api/v1').chat.completions.create({
        model: 'my-gpt-4',
        messages: HELLO,
      });
      expect(completion.model).toBe('my-gpt-4');
    });
  });
});
