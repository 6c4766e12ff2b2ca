import OpenAI, { APIError, BadRequestError, InternalServerError, RateLimitError } from 'openai';
import type {
  ChatCompletion,
  ChatCompletionMessageFunctionToolCall,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import { beforeEach, expect, it } from 'vitest';
import type { TestBench } from '../../support/gateway.js';
import type { WireOfUpstream } from '../../support/wire-bench.js';

const HELLO = [{ role: 'user' as const, content: 'Hello!' }];
const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' } },
  required: ['city', 'days'],
  additionalProperties: false,
};
const WEATHER = { type: 'function' as const, function: { name: 'get_weather', parameters: SCHEMA } };
const TIME = { type: 'function' as const, function: { name: 'get_time', parameters: SCHEMA } };
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

function messageOf({ choices }: ChatCompletion) {
  const [choice] = choices;
  if (!choice) throw new Error('No choice came.');
  return { ...choice.message, finish: choice.finish_reason };
}

const callsOf = ({ tool_calls: calls }: { tool_calls?: unknown[] }) =>
  (calls ?? []) as ChatCompletionMessageFunctionToolCall[];

/** Every behaviour of a chat, by OpenAI's SDK. @param stage what runs when the tests do */
export function suiteOfOpenai({ type, refuses }: WireOfUpstream, stage: () => TestBench & { key: string }) {
  let bench: TestBench;
  let client: OpenAI;
  const ask = (behaviour: string, rest: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> = {}) =>
    client.chat.completions.create({ model: `${type}/${behaviour}`, messages: HELLO, ...rest });
  const stream = (behaviour: string, rest: object = {}) =>
    client.chat.completions.create({ model: `${type}/${behaviour}`, messages: HELLO, ...rest, stream: true });
  const runner = (behaviour: string, rest: object = {}) =>
    client.chat.completions.stream({
      model: `${type}/${behaviour}`,
      messages: HELLO,
      stream_options: { include_usage: true },
      ...rest,
    });
  const thrownBy = (call: Promise<unknown>) =>
    call.then(
      () => undefined,
      (error: unknown) => error,
    );

  // Targets that failed in one test are asked in the next.
  const forgetFailures = () => bench.admin('POST', '/system/reload');
  beforeEach(() => {
    bench = stage();
    client = new OpenAI({ apiKey: stage().key, baseURL: `${bench.url}/v1`, maxRetries: 0 });
  });

  it('text', async () => {
    const system = { role: 'system' as const, content: 'Be kind.' };
    const before = [...HELLO, { role: 'assistant' as const, content: 'Yes?' }];
    const messages = [system, ...before, { role: 'user' as const, content: 'How are you?' }];
    const answer = await ask('plain', {
      messages,
      temperature: 0.5,
      top_p: 1,
      max_tokens: 50,
      stop: ['END'],
    });
    expect(answer).toMatchObject({ object: 'chat.completion', model: `${type}/plain` });
    const { content, finish, tool_calls: calls } = messageOf(answer);
    expect([content, finish, calls]).toEqual([
      'Hello from the PLLM sandbox! You said: "How are you?".',
      'stop',
      undefined,
    ]);
  });

  it('stream, as what it gives whole', async () => {
    const chunks = [];
    for await (const chunk of await stream('plain')) chunks.push(chunk);
    expect(chunks.length).toBeGreaterThan(4);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(
      messageOf(await ask('plain')).content,
    );
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toEqual(['stop']);
    expect(chunks.some(({ usage }) => usage)).toBe(false);
  });

  it.each([false, true])('a tool, and its result; streamed: %s', async (streamed) => {
    const tools = [WEATHER, TIME];
    const answer = streamed
      ? await runner('plain', { tools }).finalChatCompletion()
      : await ask('plain', { tools });
    const message = messageOf(answer as ChatCompletion);
    expect([message.finish, message.content]).toEqual(['tool_calls', null]);
    const [call, ...others] = callsOf(message);
    expect([call?.function.name, others]).toEqual(['get_weather', []]);
    expect(Object.keys(JSON.parse(call?.function.arguments ?? ''))).toEqual(['city', 'days']);
    const result = { role: 'tool' as const, tool_call_id: call?.id ?? '', content: '21 degrees' };
    const messages = [...HELLO, answer.choices[0]?.message, result] as ChatCompletionMessageParam[];
    const next = messageOf(await ask('plain', { tools, messages }));
    expect([next.finish, next.content]).toEqual(['stop', expect.stringContaining('Hello!')]);
    expect(bench.sandbox.ledger.requests.at(-1)?.body).toContain('21 degrees');
  });

  it.each([false, true])('parallel tools, and their results; streamed: %s', async (streamed) => {
    const tools = [WEATHER, TIME];
    const answer = streamed
      ? await runner('two-tools', { tools }).finalChatCompletion()
      : await ask('two-tools', { tools });
    const message = messageOf(answer as ChatCompletion);
    const calls = callsOf(message);
    expect(calls.map(({ function: { name } }) => name)).toEqual(['get_weather', 'get_time']);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    for (const call of calls) expect(JSON.parse(call.function.arguments)).toHaveProperty('days');
    const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'sun' }));
    const messages = [...HELLO, answer.choices[0]?.message, ...results] as ChatCompletionMessageParam[];
    expect(messageOf(await ask('plain', { tools, messages })).finish).toBe('stop');
  });

  it('a tool that is forced, and none', async () => {
    const tools = [WEATHER, TIME];
    const forced = { type: 'function' as const, function: { name: 'get_time' } };
    const { tool_calls: calls } = messageOf(await ask('plain', { tools, tool_choice: forced }));
    expect(callsOf({ tool_calls: calls ?? [] })[0]?.function.name).toBe('get_time');
    expect(messageOf(await ask('plain', { tools, tool_choice: 'none' })).tool_calls).toBeUndefined();
  });

  it('structured output', async () => {
    const response_format = {
      type: 'json_schema' as const,
      json_schema: { name: 'trip', strict: true, schema: SCHEMA },
    };
    const whole = messageOf(await ask('plain', { response_format }));
    expect(JSON.parse(whole.content ?? '')).toEqual({ city: expect.any(String), days: expect.any(Number) });
    expect(whole.finish).toBe('stop');
    const streamed = await runner('plain', { response_format }).finalChatCompletion();
    expect(streamed.choices[0]?.message.content).toBe(whole.content);
    const object = messageOf(await ask('plain', { response_format: { type: 'json_object' } }));
    expect(JSON.parse(object.content ?? '')).toBeTypeOf('object');
  });

  it('an image', async () => {
    const url = `data:image/png;base64,${PIXEL}`;
    const parts = [
      { type: 'text' as const, text: 'What is it?' },
      { type: 'image_url' as const, image_url: { url } },
    ];
    const { content } = messageOf(await ask('plain', { messages: [{ role: 'user', content: parts }] }));
    expect(content).toContain('What is it?');
    expect(bench.sandbox.ledger.requests.at(-1)?.body).toContain(PIXEL);
  });

  it('thoughts, and usage that counts them', async () => {
    const whole = await ask('thinker', { reasoning_effort: 'high' });
    const message = messageOf(whole) as { reasoning_content?: string; content: string | null };
    expect(message.reasoning_content?.length).toBeGreaterThan(5);
    expect(message.content).toContain('Hello!');
    const messages = [...HELLO, whole.choices[0]?.message, ...HELLO] as ChatCompletionMessageParam[];
    expect(messageOf(await ask('thinker', { messages })).finish).toBe('stop');
  });

  it('usage, the same whole and streamed, and why it ended', async () => {
    const { usage, choices } = await ask('short');
    expect([choices[0]?.finish_reason, usage]).toMatchObject([
      'length',
      { prompt_tokens: 4, completion_tokens: 3, total_tokens: 7 },
    ]);
    const chunks = [];
    for await (const chunk of await stream('short', { stream_options: { include_usage: true } }))
      chunks.push(chunk);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 4, completion_tokens: 3 } });
    expect(chunks.flatMap(({ choices: [choice] }) => choice?.finish_reason ?? [])).toEqual(['length']);
  });

  it('several answers, or a refusal that names what is not taken', async () => {
    const asked = ask('plain', { n: 2 });
    if (refuses?.several === undefined) return expect((await asked).choices).toHaveLength(2);
    const error = await thrownBy(asked);
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ code: 'unsupported_parameter', param: refuses.several });
  });

  it('errors, by the classes that programs look for', async () => {
    await forgetFailures();
    const cases = [
      [ask, 'busy', RateLimitError, { status: 429, type: 'rate_limit_error' }, '7'],
      [stream, 'busy', RateLimitError, { status: 429, type: 'rate_limit_error' }, '7'],
      [ask, 'refusing', BadRequestError, { status: 400, type: 'invalid_request_error' }, null],
      [stream, 'refusing', BadRequestError, { status: 400, type: 'invalid_request_error' }, null],
      [ask, 'down', InternalServerError, { status: 503, type: 'service_unavailable_error' }, null],
    ] as const;
    for (const [call, behaviour, Class, members, retryAfter] of cases) {
      const error = await thrownBy(call(behaviour));
      expect(error).toBeInstanceOf(Class);
      expect(error).toMatchObject({ ...members, requestID: expect.stringMatching(/^req_/) });
      const told = (error as InstanceType<typeof APIError>).headers?.get('retry-after');
      if (retryAfter) expect(told).toBe(retryAfter);
      await forgetFailures();
    }
  });

  it.each(['failing', 'cut'])('%s in the middle of a stream: one error and no [DONE]', async (behaviour) => {
    await forgetFailures();
    const chunks: unknown[] = [];
    const readAll = async () => {
      for await (const { choices } of await stream(behaviour)) chunks.push(...choices);
    };
    const error = await thrownBy(readAll());
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ code: 'upstream_unavailable' });
    expect(chunks.length).toBeGreaterThan(2);
    await forgetFailures();
    const raw = await bench.request(
      'POST',
      '/v1/chat/completions',
      { model: `${type}/${behaviour}`, messages: HELLO, stream: true },
      { authorization: `Bearer ${client.apiKey}` },
    );
    expect(raw.text.match(/"error":/g)).toHaveLength(1);
    expect(raw.text).not.toContain('[DONE]');
  });

  it('abort', async () => {
    bench.sandbox.ledger.clear();
    for await (const { choices } of await stream('slow')) if (choices[0]?.delta.content) break;
    const left = await bench.sandbox.ledger.waitFor(({ abortedAt }) => abortedAt !== undefined);
    expect(left.model).toContain('chunks=1000');
    expect(left.chunksWritten).toBeLessThan(1_000);
  });
}
