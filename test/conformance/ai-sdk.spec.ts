import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import {
  embed,
  embedMany,
  experimental_generateSpeech as generateSpeech,
  experimental_transcribe as transcribe,
  generateImage,
  generateText,
  Output,
  streamText,
  tool,
} from 'ai';
import type { LanguageModel } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';

let bench: TestBench;
let compatible: ReturnType<typeof createOpenAICompatible>;
let openai: ReturnType<typeof createOpenAI>;

beforeAll(async () => {
  bench = await startBench();
  await bench.addModel('my-gpt-4', 'gpt-upstream');
  await bench.addModel('failing', 'gpt-upstream;cut=2');
  const itself = { name: 'openai', type: 'openai', base_url: bench.sandbox.url, api_key: 'k' };
  await bench.admin('POST', '/providers', itself);
  for (const [id, model] of [
    ['native/my-gpt-4', 'gpt-upstream'],
    ['native/failing', 'gpt-upstream;cut=2'],
  ]) {
    await bench.admin('POST', '/models', { id, targets: [{ provider: 'openai', model }] });
  }
  await bench.addModel('text-embedding-ada-002', 'embed-upstream');
  await bench.addModel('dall-e-3', 'image-upstream');
  await bench.addModel('whisper-1', 'whisper-upstream');
  await bench.addModel('tts-1', 'tts-upstream');
  const settings = { baseURL: `${bench.url}/v1`, apiKey: await bench.addKey() };
  compatible = createOpenAICompatible({
    name: 'pllm',
    includeUsage: true,
    supportsStructuredOutputs: true,
    ...settings,
  });
  openai = createOpenAI(settings);
});
afterAll(() => bench.close());

const WEATHER = tool({
  description: 'The weather in a city',
  inputSchema: z.object({ city: z.string() }),
});
const MODELS: [string, (id: string) => LanguageModel][] = [
  ['@ai-sdk/openai-compatible', (id) => compatible(id)],
  ['@ai-sdk/openai .chat()', (id) => openai.chat(id)],
  // Where nobody says otherwise it speaks Responses.
  ['@ai-sdk/openai', (id) => openai(id)],
  ['@ai-sdk/openai, with a provider that speaks them', (id) => openai(`native/${id}`)],
];

describe.each(MODELS)('%s', (_, modelOf) => {
  it('gets a text', async () => {
    const { text, finishReason, usage } = await generateText({
      model: modelOf('my-gpt-4'),
      prompt: 'Hello!',
    });
    expect(text).not.toBe('');
    expect(finishReason).toBe('stop');
    expect(usage.totalTokens).toBeGreaterThan(0);
  });

  it('gets a stream, with its usage', async () => {
    const stream = streamText({ model: modelOf('my-gpt-4'), prompt: 'Count to 10' });
    const pieces: string[] = [];
    for await (const piece of stream.textStream) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(1);
    expect(await stream.finishReason).toBe('stop');
    expect((await stream.usage).outputTokens).toBeGreaterThan(0);
  });

  it.each(['whole', 'streamed'])('gets a tool call, %s', async (way) => {
    const question = { model: modelOf('my-gpt-4'), prompt: 'Weather?', tools: { get_weather: WEATHER } };
    const { toolCalls } = way === 'whole' ? await generateText(question) : streamText(question);
    const [call] = await toolCalls;
    expect(call?.toolName).toBe('get_weather');
    expect(call?.input).toEqual({ city: expect.any(String) });
  });

  it('gets an object', async () => {
    const schema = z.object({ yes: z.boolean(), count: z.number() });
    const output = Output.object({ schema });
    const answer = await generateText({ model: modelOf('my-gpt-4'), prompt: 'Answer', output });
    expect(schema.parse(answer.output)).toEqual(answer.output);
  });

  it('is told of a stream that was cut', async () => {
    const errors: unknown[] = [];
    const onError = ({ error }: { error: unknown }): void => void errors.push(error);
    const stream = streamText({ model: modelOf('failing'), prompt: 'Hello!', onError, maxRetries: 0 });
    await stream.consumeStream();
    expect(errors).toHaveLength(1);
  });

  it('is told of a model that does not exist', async () => {
    const question = generateText({ model: modelOf('missing'), prompt: 'Hello!', maxRetries: 0 });
    await expect(question).rejects.toMatchObject({ statusCode: 404 });
  });
});

describe('what both can do beside chat', () => {
  it('an embedding, and several', async () => {
    const one = await embed({ model: compatible.embeddingModel('text-embedding-ada-002'), value: 'Hello' });
    expect(one.embedding.length).toBeGreaterThan(0);
    const values = ['a', 'b', 'c'];
    const many = await embedMany({ model: openai.embeddingModel('text-embedding-ada-002'), values });
    expect(many.embeddings.map((vector) => vector.length)).toEqual([
      one.embedding.length,
      one.embedding.length,
      one.embedding.length,
    ]);
    expect(many.usage.tokens).toBeGreaterThan(0);
  });

  it.each(['compatible', 'openai'])('an image (%s)', async (which) => {
    const model = which === 'openai' ? openai.imageModel('dall-e-3') : compatible.imageModel('dall-e-3');
    const { image } = await generateImage({ model, prompt: 'A cute cat', size: '1024x1024' });
    expect(image.mediaType).toBe('image/png');
    expect(image.uint8Array.length).toBeGreaterThan(0);
  });

  it('speech', async () => {
    const { audio } = await generateSpeech({
      model: openai.speech('tts-1'),
      text: 'Hello world',
      voice: 'alloy',
    });
    expect(audio.uint8Array.length).toBeGreaterThan(0);
  });

  it('a transcript', async () => {
    const audio = new Uint8Array(2_000);
    const { text } = await transcribe({ model: openai.transcription('whisper-1'), audio });
    expect(text).not.toBe('');
  });
});
