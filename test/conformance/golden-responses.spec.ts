import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, streamText } from 'ai';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { SseParser } from '#contract';

const ROOT = new URL('../../libs/dialects/src/responses/fixtures', import.meta.url).pathname;
const having = (file: string) =>
  readdirSync(ROOT)
    .filter((name) => existsSync(join(ROOT, name, file)))
    .map((name) => ({ name, text: readFileSync(join(ROOT, name, file), 'utf8') }));
const ANSWERS = having('answer.json');
const STREAMS = having('events.sse');
const WHOLE = STREAMS.filter(({ name }) => name !== 'cut');

interface Part {
  readonly text?: string;
  readonly refusal?: string;
}
interface Item extends Part {
  readonly type: string;
  readonly content?: readonly Part[];
  readonly summary?: readonly Part[];
}

/** A client whose every call is answered with the text. */
function settingsFor(text: string, contentType: string) {
  const fetch = () => Promise.resolve(new Response(text, { headers: { 'content-type': contentType } }));
  return { apiKey: 'sk-x', baseURL: 'http://x/v1', fetch: fetch as typeof globalThis.fetch };
}

const endOf = (text: string) => {
  const last = new SseParser().push(Buffer.from(text)).at(-1);
  return JSON.parse(String(last?.data)).response;
};
const textOf = (parts: readonly Part[]): string => parts.map(({ text = '' }) => text).join('');
const contentOf = (output: readonly Item[]): string => textOf(output.flatMap(({ content = [] }) => content));
const summaryOf = (output: readonly Item[]): string => textOf(output.flatMap(({ summary = [] }) => summary));
/** The AI SDK shows a refusal as a text. */
const shownIn = (output: readonly Item[]): string =>
  output.flatMap(({ content = [] }) => content.map(({ text, refusal }) => text ?? refusal)).join('');
const callsIn = (output: readonly Item[]) => output.filter(({ type }) => type === 'function_call');

describe('a chat that is printed as a response is read by OpenAI’s client', () => {
  it.each(ANSWERS)('$name, whole', async ({ text }) => {
    const client = new OpenAI(settingsFor(text, 'application/json'));
    const response = await client.responses.create({ model: 'my-gpt-4', input: 'x' });
    expect(response.output_text).toBe(contentOf(JSON.parse(text).output));
  });

  it.each(WHOLE)('$name, in pieces', async ({ text }) => {
    const client = new OpenAI(settingsFor(text, 'text/event-stream'));
    const stream = client.responses.stream({ model: 'my-gpt-4', input: 'x' });
    const said: string[] = [];
    stream.on('response.output_text.delta', ({ delta }) => said.push(delta));
    const { output, status } = await stream.finalResponse();
    const end = endOf(text);
    expect([said.join(''), status]).toEqual([contentOf(end.output), end.status]);
    expect(output).toMatchObject(end.output);
  });

  it('as an error where it is cut', async () => {
    const { text = '' } = STREAMS.find(({ name }) => name === 'cut') ?? {};
    const client = new OpenAI({ ...settingsFor(text, 'text/event-stream'), maxRetries: 0 });
    const stream = client.responses.stream({ model: 'my-gpt-4', input: 'x' });
    await expect(stream.finalResponse()).rejects.toThrow('The provider is not available.');
  });
});

describe('a chat that is printed as a response is read by the AI SDK', () => {
  it.each(ANSWERS)('$name, whole', async ({ text }) => {
    const model = createOpenAI(settingsFor(text, 'application/json'))('my-gpt-4');
    const answer = await generateText({ model, prompt: 'x' });
    const { output, usage } = JSON.parse(text);
    expect([answer.reasoningText ?? '', answer.text]).toEqual([summaryOf(output), shownIn(output)]);
    expect(answer.toolCalls).toHaveLength(callsIn(output).length);
    expect(answer.usage).toMatchObject({
      inputTokens: usage.input_tokens,
      outputTokens: usage.output_tokens,
    });
  });

  it.each(WHOLE)('$name, in pieces', async ({ text }) => {
    const model = createOpenAI(settingsFor(text, 'text/event-stream'))('my-gpt-4');
    const errors: unknown[] = [];
    const stream = streamText({ model, prompt: 'x', onError: ({ error }) => void errors.push(error) });
    const { output, usage } = endOf(text);
    expect([(await stream.reasoningText) ?? '', await stream.text]).toEqual([
      summaryOf(output),
      shownIn(output),
    ]);
    expect(await stream.toolCalls).toHaveLength(callsIn(output).length);
    expect((await stream.usage).outputTokens).toBe(usage.output_tokens);
    expect(errors).toEqual([]);
  });
});
