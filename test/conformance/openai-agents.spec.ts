import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool } from '@openai/agents';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';

let bench: TestBench;
let runner: Runner;
const asked: string[] = [];

const weather = tool({
  name: 'weather',
  description: 'The weather in a city',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => {
    asked.push(city);
    return `Sun over ${city}.`;
  },
});

beforeAll(async () => {
  setTracingDisabled(true);
  bench = await startBench();
  const { url } = bench.sandbox;
  await bench.admin('POST', '/providers', { name: 'native', type: 'openai', base_url: url, api_key: 'k' });
  await bench.admin('POST', '/models', {
    id: 'native',
    targets: [{ provider: 'native', model: 'gpt-upstream' }],
  });
  await bench.addModel('chat', 'gpt-upstream');
  const settings = { apiKey: await bench.addKey(), baseURL: `${bench.url}/v1`, useResponses: true };
  runner = new Runner({ modelProvider: new OpenAIProvider(settings) });
});
afterAll(() => bench.close());

describe.each([['native'], ['chat']])('@openai/agents, with a model of the kind %s', (model) => {
  const agent = () =>
    new Agent({ name: 'forecaster', instructions: 'Tell the weather.', model, tools: [weather] });

  it('runs with a tool', async () => {
    asked.length = 0;
    const result = await runner.run(agent(), 'How is the weather?');
    expect(asked).toHaveLength(1);
    expect(result.finalOutput).toMatch(/\S/);
    expect(result.newItems.map(({ type }) => type)).toEqual([
      'tool_call_item',
      'tool_call_output_item',
      'message_output_item',
    ]);
  });

  it('streams a run with a tool', async () => {
    asked.length = 0;
    const result = await runner.run(agent(), 'How is the weather?', { stream: true });
    let text = '';
    for await (const piece of result.toTextStream()) text += piece;
    await result.completed;
    expect(asked).toHaveLength(1);
    expect(text).toBe(result.finalOutput);
  });
});
