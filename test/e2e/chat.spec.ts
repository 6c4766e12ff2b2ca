import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import OpenAI from 'openai';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';

const HELLO = [{ role: 'user' as const, content: 'Hello!' }];

describe('a chat through the gateway, by the official SDK', () => {
  let bench: TestBench;
  let key: string;

  beforeAll(async () => {
    bench = await startBench();
    await bench.addModel('my-gpt-4', 'gpt-upstream');
    key = await bench.addKey();
  });
  afterAll(() => bench.close());

  const client = (prefix = '/v1') =>
    new OpenAI({ apiKey: key, baseURL: `${bench.url}${prefix}`, maxRetries: 0 });

  it('answers whole, under the name that was asked for', async () => {
    const completion = await client().chat.completions.create({ model: 'my-gpt-4', messages: HELLO });
    expect(completion.model).toBe('my-gpt-4');
    expect(completion.choices[0]?.message.content).toContain('Hello!');
    expect(completion.usage?.total_tokens).toBeGreaterThan(0);
    expect(completion._request_id).toMatch(/^req_[0-9a-f]{32}$/);
  });
});
