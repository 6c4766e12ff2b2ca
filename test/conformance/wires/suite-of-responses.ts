import { createOpenAI } from '@ai-sdk/openai';
import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool } from '@openai/agents';
import { generateText, stepCountIs, streamText, tool as aiTool } from 'ai';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';

interface Stage {
  readonly url: string;
  readonly key: string;
}

/** Clients that speak Responses unasked: OpenAI's agents, and the AI SDK's default. */
export function suiteOfResponses({ type }: { readonly type: string }, stage: () => Stage): void {
  const model = `${type}/plain`;
  const parameters = z.object({ city: z.string() });
  const description = 'The weather in a city';
  const asked: string[] = [];
  const execute = ({ city }: { city: string }): string => {
    asked.push(city);
    return `Sun over ${city}.`;
  };
  const weather = tool({ name: 'weather', description, parameters, execute });
  const agent = new Agent({ name: 'forecaster', instructions: 'Tell the weather.', model, tools: [weather] });
  const tools = { weather: aiTool({ description, inputSchema: parameters, execute }) };
  let runner: Runner;
  let openai: ReturnType<typeof createOpenAI>;

  beforeAll(() => {
    setTracingDisabled(true);
    const settings = { apiKey: stage().key, baseURL: `${stage().url}/v1` };
    runner = new Runner({ modelProvider: new OpenAIProvider({ ...settings, useResponses: true }) });
    openai = createOpenAI(settings);
  });
  beforeEach(() => void (asked.length = 0));

  it('runs an agent with a tool', async () => {
    const result = await runner.run(agent, 'How is the weather?');
    expect(asked).toHaveLength(1);
    expect(result.finalOutput).toMatch(/\S/);
    // A provider that signs its calls does so by a thought.
    const items = result.newItems.filter((item) => item.type !== 'reasoning_item');
    expect(items.map((item) => item.type)).toEqual([
      'tool_call_item',
      'tool_call_output_item',
      'message_output_item',
    ]);
  });

  it('streams an agent’s run with a tool', async () => {
    const result = await runner.run(agent, 'How is the weather?', { stream: true });
    let text = '';
    for await (const piece of result.toTextStream()) text += piece;
    await result.completed;
    expect(asked).toHaveLength(1);
    expect(text).toBe(result.finalOutput);
  });

  it('answers the AI SDK’s default, over two steps', async () => {
    const told = { model: openai(model), prompt: 'How is the weather?', tools, stopWhen: stepCountIs(3) };
    const { text, steps } = await generateText(told);
    expect([asked.length, steps.length]).toEqual([1, 2]);
    expect(text).toMatch(/\S/);
    const streamed = streamText(told);
    expect(await streamed.text).toMatch(/\S/);
    expect((await streamed.totalUsage).outputTokens).toBeGreaterThan(0);
    expect(asked).toHaveLength(2);
  });
}
