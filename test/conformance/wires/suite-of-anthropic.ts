import Anthropic, { APIError } from '@anthropic-ai/sdk';
import { beforeEach, expect, it } from 'vitest';
import type { TestBench } from '../../support/gateway.js';
import type { WireOfUpstream } from '../../support/wire-bench.js';

const HELLO = [{ role: 'user' as const, content: 'Hello!' }];
const SCHEMA = {
  type: 'object' as const,
  properties: { city: { type: 'string' }, days: { type: 'integer' } },
  required: ['city', 'days'],
  additionalProperties: false,
};
const TOOLS: Anthropic.Tool[] = [
  { name: 'get_weather', description: 'Tells the weather.', input_schema: SCHEMA },
  { name: 'get_time', input_schema: SCHEMA },
];
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const textOf = ({ content }: Anthropic.Message) =>
  content.map((block) => (block.type === 'text' ? block.text : '')).join('');
const callsOf = ({ content }: Anthropic.Message) => content.filter((block) => block.type === 'tool_use');

/** Every behaviour of a message, by Anthropic's SDK. @param stage what runs when the tests do */
export function suiteOfAnthropic({ type }: WireOfUpstream, stage: () => TestBench & { key: string }) {
  let bench: TestBench;
  let client: Anthropic;
  const asked = (behaviour: string, rest: Partial<Anthropic.MessageCreateParamsNonStreaming>) => ({
    model: `${type}/${behaviour}`,
    max_tokens: 4_096,
    messages: HELLO,
    ...rest,
  });
  const ask = (behaviour: string, rest: Partial<Anthropic.MessageCreateParamsNonStreaming> = {}) =>
    client.messages.create(asked(behaviour, rest));
  const gather = (behaviour: string, rest: Partial<Anthropic.MessageCreateParamsNonStreaming> = {}) =>
    client.messages.stream(asked(behaviour, rest)).finalMessage();
  const bothWays = [
    ['whole', ask],
    ['streamed', gather],
  ] as const;

  // Targets that failed in one test are asked in the next.
  const forgetFailures = () => bench.admin('POST', '/system/reload');
  beforeEach(() => {
    bench = stage();
    client = new Anthropic({ apiKey: stage().key, baseURL: bench.url, maxRetries: 0 });
  });

  it.each(bothWays)('text, %s', async (_, call) => {
    const messages = [...HELLO, { role: 'assistant' as const, content: 'Yes?' }, ...HELLO];
    const message = await call('plain', { messages, system: 'Be kind.', stop_sequences: ['END'] });
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: `${type}/plain`,
      stop_reason: 'end_turn',
    });
    expect(textOf(message)).toBe('Hello from the PLLM sandbox! You said: "Hello!".');
  });

  it('stream, every event in its order', async () => {
    const types: string[] = [];
    for await (const event of client.messages.stream(asked('plain', {}))) types.push(event.type);
    expect(types.slice(0, 3)).toEqual(['message_start', 'content_block_start', 'content_block_delta']);
    expect(types.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);
  });

  it.each(bothWays)('a tool, and its result, %s', async (_, call) => {
    const message = await call('plain', { tools: TOOLS });
    const [used, ...others] = callsOf(message);
    expect([message.stop_reason, used?.name, others]).toEqual(['tool_use', 'get_weather', []]);
    expect(Object.keys(used?.input as object)).toEqual(['city', 'days']);
    const result = { type: 'tool_result' as const, tool_use_id: used?.id ?? '', content: '21 degrees' };
    const messages = [
      ...HELLO,
      { role: 'assistant' as const, content: message.content },
      { role: 'user' as const, content: [result] },
    ];
    const next = await call('plain', { tools: TOOLS, messages });
    expect([next.stop_reason, next.content[0]?.type]).toEqual(['end_turn', 'text']);
    expect(bench.sandbox.ledger.requests.at(-1)?.body).toContain('21 degrees');
  });

  it.each(bothWays)('parallel tools, and their results, %s', async (_, call) => {
    const message = await call('two-tools', { tools: TOOLS });
    const calls = callsOf(message);
    expect(calls.map(({ name }) => name)).toEqual(['get_weather', 'get_time']);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    const results = calls.map(({ id }) => ({
      type: 'tool_result' as const,
      tool_use_id: id,
      content: [{ type: 'text' as const, text: 'sun' }],
    }));
    const messages = [
      ...HELLO,
      { role: 'assistant' as const, content: message.content },
      { role: 'user' as const, content: results },
    ];
    expect((await call('plain', { tools: TOOLS, messages })).stop_reason).toBe('end_turn');
  });

  it('a tool that is forced', async () => {
    const message = await ask('plain', { tools: TOOLS, tool_choice: { type: 'tool', name: 'get_time' } });
    expect(callsOf(message).map(({ name }) => name)).toEqual(['get_time']);
  });

  it.each(bothWays)('thinking, which can be sent back, %s', async (_, call) => {
    const thinking = { type: 'enabled' as const, budget_tokens: 2_048 };
    const message = await call('thinker', { thinking });
    expect(message.content.map((block) => block.type)).toEqual(['thinking', 'text']);
    const messages = [...HELLO, { role: 'assistant' as const, content: message.content }, ...HELLO];
    expect((await call('thinker', { thinking, messages })).stop_reason).toBe('end_turn');
  });

  it.each(bothWays)('structured output, %s', async (_, call) => {
    const message = await call('plain', {
      output_config: { format: { type: 'json_schema', schema: SCHEMA } },
    });
    expect(JSON.parse(textOf(message))).toEqual({ city: expect.any(String), days: expect.any(Number) });
    expect(message.stop_reason).toBe('end_turn');
  });

  it('an image', async () => {
    const source = { type: 'base64' as const, media_type: 'image/png' as const, data: PIXEL };
    const content = [
      { type: 'text' as const, text: 'What is it?' },
      { type: 'image' as const, source },
    ];
    expect(textOf(await ask('plain', { messages: [{ role: 'user', content }] }))).toContain('What is it?');
    expect(bench.sandbox.ledger.requests.at(-1)?.body).toContain(PIXEL);
  });

  it.each(bothWays)('usage, and why it ended, %s', async (_, call) => {
    const { stop_reason: reason, usage } = await call('short');
    expect([reason, usage]).toMatchObject(['max_tokens', { input_tokens: 4, output_tokens: 3 }]);
  });

  const failure = async (call: Promise<unknown>): Promise<InstanceType<typeof APIError>> => {
    const error = await call.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error instanceof APIError) return error;
    throw new Error(`No API error: ${String(error)}`);
  };

  it('errors, in Anthropic’s shape', async () => {
    await forgetFailures();
    const cases = [
      ['busy', 429, 'rate_limit_error'],
      ['down', 503, 'overloaded_error'],
      ['refusing', 400, 'invalid_request_error'],
    ] as const;
    for (const [behaviour, status, kind] of cases) {
      const error = await failure(ask(behaviour));
      expect(error.status).toBe(status);
      expect(error.error).toMatchObject({
        type: 'error',
        error: { type: kind, message: expect.any(String) },
      });
      expect(error.requestID).toMatch(/^req_/);
    }
  });

  it.each(['failing', 'cut'])('%s in the middle of a stream: one error and no message_stop', async (name) => {
    await forgetFailures();
    const answer = await bench.request(
      'POST',
      '/v1/messages',
      { ...asked(name, {}), stream: true },
      {
        'x-api-key': client.apiKey ?? '',
        'anthropic-version': '2023-06-01',
      },
    );
    expect(answer.text).toContain('content_block_delta');
    expect(answer.text.match(/^event: error$/gm)).toHaveLength(1);
    expect(answer.text).not.toContain('message_stop');
    await forgetFailures();
    expect((await failure(gather(name))).error).toMatchObject({ type: 'error' });
  });

  it('abort', async () => {
    bench.sandbox.ledger.clear();
    const stream = await client.messages.create({ ...asked('slow', {}), stream: true });
    for await (const event of stream) if (event.type === 'content_block_delta') break;
    const left = await bench.sandbox.ledger.waitFor(({ abortedAt }) => abortedAt !== undefined);
    expect(left.model).toContain('chunks=1000');
    expect(left.chunksWritten).toBeLessThan(1_000);
  });
}
