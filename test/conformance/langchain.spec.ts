import { HumanMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';

let bench: TestBench;
let settings: { apiKey: string; maxRetries: number; configuration: { baseURL: string } };

beforeAll(async () => {
  bench = await startBench();
  await bench.addModel('my-gpt-4', 'gpt-upstream');
  await bench.addModel('my-gpt-35-turbo', 'gpt-upstream');
  await bench.addModel('text-embedding-ada-002', 'embed-upstream');
  const apiKey = await bench.addKey();
  settings = { apiKey, maxRetries: 0, configuration: { baseURL: `${bench.url}/v1` } };
});
afterAll(() => bench.close());

const WEATHER = tool(({ city }) => `sunny in ${city}`, {
  name: 'get_weather',
  description: 'The weather in a city',
  schema: z.object({ city: z.string() }),
});

describe('@langchain/openai', () => {
  it('invokes a chat', async () => {
    const answer = await new ChatOpenAI({ model: 'my-gpt-4', ...settings }).invoke('Hello!');
    expect(answer.text).not.toBe('');
    expect(answer.usage_metadata?.total_tokens).toBeGreaterThan(0);
  });

  it('streams a chat, with its usage', async () => {
    const pieces: string[] = [];
    let tokens = 0;
    for await (const chunk of await new ChatOpenAI({ model: 'my-gpt-4', ...settings }).stream([
      new HumanMessage('Count to 10'),
    ])) {
      pieces.push(chunk.text);
      tokens += chunk.usage_metadata?.output_tokens ?? 0;
    }
    expect(pieces.join('')).not.toBe('');
    expect(pieces.length).toBeGreaterThan(1);
    expect(tokens).toBeGreaterThan(0);
  });

  it('calls a tool', async () => {
    const model = new ChatOpenAI({ model: 'my-gpt-4', ...settings }).bindTools([WEATHER]);
    const { tool_calls: [call] = [] } = await model.invoke('Weather?');
    expect(call?.name).toBe('get_weather');
    expect(typeof call?.args.city).toBe('string');
  });

  it('continues a text', async () => {
    const text = await new OpenAI({ model: 'my-gpt-35-turbo', ...settings }).invoke('Say hello');
    expect(text).not.toBe('');
  });

  it('makes embeddings', async () => {
    const embeddings = new OpenAIEmbeddings({ model: 'text-embedding-ada-002', ...settings });
    const one = await embeddings.embedQuery('Hello');
    expect(one.some((value) => value !== 0)).toBe(true);
    const many = await embeddings.embedDocuments(['Hello', 'world']);
    expect(many[0]).toEqual(one);
    expect(many[1]).not.toEqual(one);
  });

  it('is told of a model that does not exist', async () => {
    const question = new ChatOpenAI({ model: 'missing', ...settings }).invoke('Hello!');
    await expect(question).rejects.toMatchObject({ status: 404 });
  });
});
