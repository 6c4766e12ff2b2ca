import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from './sandbox.js';

let sandbox: Sandbox;
let client: OpenAI;
const messages = [{ role: 'user' as const, content: 'good morning' }];
const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'get_weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
];

beforeAll(async () => {
  sandbox = await startSandbox();
  client = new OpenAI({ baseURL: sandbox.url, apiKey: 'sk-test', maxRetries: 0 });
});
afterAll(() => sandbox.close());

describe('the official client', () => {
  it('takes a whole answer', async () => {
    const answer = await client.chat.completions.create({ model: 'sandbox', messages });
    expect(answer.choices[0]?.message.content).toContain('good morning');
    expect(answer.usage?.prompt_tokens).toBe(5);
  });

  it('takes a stream', async () => {
    const runner = client.chat.completions.stream({
      model: 'sandbox',
      messages,
      stream_options: { include_usage: true },
    });
    expect(await runner.finalContent()).toContain('good morning');
    expect((await runner.totalUsage()).prompt_tokens).toBe(5);
  });

  it('takes tool calls, whole and streamed', async () => {
    const whole = await client.chat.completions.create({ model: 'sandbox', messages, tools });
    expect(whole.choices[0]?.finish_reason).toBe('tool_calls');
    const streamed = await client.chat.completions
      .stream({ model: 'sandbox;tools=3', messages, tools })
      .finalChatCompletion();
    const calls = streamed.choices[0]?.message.tool_calls ?? [];
    expect(calls).toHaveLength(3);
    for (const call of [...calls, ...(whole.choices[0]?.message.tool_calls ?? [])])
      expect(call).toMatchObject({ function: { name: 'get_weather', arguments: '{"city":"sample"}' } });
  });

  it('sees errors as it knows them', async () => {
    await expect(
      client.chat.completions.create({ model: 'm;status=429;retry_after=1', messages }),
    ).rejects.toMatchObject({
      status: 429,
      code: 'rate_limit_exceeded',
    });
    const stream = await client.chat.completions.create({ model: 'm;error_after=2', messages, stream: true });
    const read = async (): Promise<void> => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toMatchObject({ code: 'server_error' });
  });
});
