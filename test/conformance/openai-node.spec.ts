import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  toFile,
} from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { recordsOf } from '../support/records.js';

let bench: TestBench;
let client: OpenAI;

beforeAll(async () => {
  bench = await startBench({ PLLM_DEFAULT_IMAGE_MODEL: 'dall-e-3' });
  await bench.addModel('my-gpt-35-turbo', 'gpt-upstream;chunks=5');
  await bench.addModel('text-embedding-ada-002', 'embed-upstream');
  await bench.addModel('stubborn-embedding', 'embed-upstream;base64=ignore');
  await bench.addModel('dall-e-3', 'image-upstream');
  await bench.addModel('tts-1', 'tts-upstream;bytes=30000;chunks=3');
  await bench.addModel('omni-moderation-latest', 'moderation-upstream');
  client = new OpenAI({ apiKey: await bench.addKey(), baseURL: `${bench.url}/v1`, maxRetries: 0 });
});
afterAll(() => bench.close());

const sent = () => JSON.parse(bench.sandbox.ledger.requests.at(-1)?.body ?? '{}') as Record<string, unknown>;

describe('completions', () => {
  it('come whole, for a text, several, or tokens', async () => {
    const one = await client.completions.create({
      model: 'my-gpt-35-turbo',
      prompt: 'Say hello',
      max_tokens: 50,
    });
    expect(one).toMatchObject({
      object: 'text_completion',
      model: 'my-gpt-35-turbo',
      choices: [{ index: 0 }],
    });
    const several = await client.completions.create({
      model: 'my-gpt-35-turbo',
      prompt: ['a', 'b'],
      n: 2,
      best_of: 2,
      echo: true,
    });
    expect(several.choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(several.choices[2]?.text.startsWith('b')).toBe(true);
    const tokens = await client.completions.create({ model: 'my-gpt-35-turbo', prompt: [[1, 2], [3]] });
    expect(tokens.choices).toHaveLength(2);
  });

  it('come as a stream, with their usage only when it was asked for', async () => {
    const read = async (options?: OpenAI.ChatCompletionStreamOptions) => {
      const stream = await client.completions.create({
        model: 'my-gpt-35-turbo',
        prompt: 'Say hello',
        stream: true,
        stream_options: options,
      });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      return chunks;
    };
    const plain = await read();
    expect(plain.map((chunk) => chunk.choices[0]?.text).join('')).toContain('Hello');
    expect(new Set(plain.map(({ model }) => model))).toEqual(new Set(['my-gpt-35-turbo']));
    expect(plain.some((chunk) => chunk.usage || chunk.choices.length === 0)).toBe(false);
    const counted = await read({ include_usage: true });
    expect(counted.at(-1)?.usage?.completion_tokens).toBe(5);
    const records = await recordsOf(bench, 'my-gpt-35-turbo', 5);
    expect(records.slice(0, 2)).toMatchObject([
      {
        operation: 'completions',
        stream: true,
        prompt_tokens: 2,
        completion_tokens: 5,
        usage_source: 'upstream',
      },
      {
        operation: 'completions',
        stream: true,
        prompt_tokens: 2,
        completion_tokens: 5,
        usage_source: 'upstream',
      },
    ]);
  });
});

describe('embeddings', () => {
  it.each(['text-embedding-ada-002', 'stubborn-embedding'])(
    'are vectors, by default and as asked (%s)',
    async (model) => {
      const byDefault = await client.embeddings.create({ model, input: ['Hello world', 'Hello'] });
      expect(sent()).toMatchObject({ encoding_format: 'base64' });
      const floats = await client.embeddings.create({
        model,
        input: ['Hello world', 'Hello'],
        encoding_format: 'float',
      });
      expect(byDefault.data.map(({ embedding }) => embedding)).toEqual(
        floats.data.map(({ embedding }) => embedding),
      );
      expect(byDefault.data[0]?.embedding).toHaveLength(8);
      expect(byDefault).toMatchObject({
        object: 'list',
        model,
        usage: { prompt_tokens: 3, total_tokens: 3 },
      });
    },
  );

  it('are of tokens, and of so many dimensions', async () => {
    const { data } = await client.embeddings.create({
      model: 'text-embedding-ada-002',
      input: [[1, 2], [3]],
      dimensions: 16,
    });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([16, 16]);
  });

  it('are in base64 where base64 was asked for, whatever the provider does', async () => {
    const ask = (model: string) =>
      client.embeddings.create({ model, input: 'Hello world', encoding_format: 'base64' });
    const [first, second] = [await ask('text-embedding-ada-002'), await ask('stubborn-embedding')];
    expect(first.data[0]?.embedding).toBeTypeOf('string');
    expect(second.data[0]?.embedding).toEqual(first.data[0]?.embedding);
  });
});

describe('images', () => {
  it('are drawn by the default model, where none is named', async () => {
    const answer = await client.images.generate({ prompt: 'A cute cat', n: 1, size: '1024x1024' });
    expect(answer.data?.[0]?.b64_json).toMatch(/^iVBO/);
    expect(sent()).toEqual({ prompt: 'A cute cat', n: 1, size: '1024x1024', model: 'image-upstream' });
    const linked = await client.images.generate({
      model: 'dall-e-3',
      prompt: 'A cat',
      response_format: 'url',
    });
    expect(linked.data?.[0]?.url).toMatch(/^https:/);
  });

  it('are streamed, partial ones first', async () => {
    const stream = await client.images.generate({ prompt: 'A cat', stream: true, partial_images: 2 });
    const events = [];
    for await (const event of stream) events.push(event);
    expect(events.map(({ type }) => type)).toEqual([
      'image_generation.partial_image',
      'image_generation.partial_image',
      'image_generation.completed',
    ]);
    const [record] = await recordsOf(bench, 'dall-e-3', 3);
    expect(record).toMatchObject({
      operation: 'image_generations',
      stream: true,
      prompt_tokens: 5,
      completion_tokens: 16,
    });
  });
});

describe('speech', () => {
  it.each([
    ['mp3', 'audio/mpeg'],
    ['opus', 'audio/ogg'],
    ['aac', 'audio/aac'],
    ['flac', 'audio/flac'],
    ['wav', 'audio/wav'],
    ['pcm', 'audio/pcm'],
  ] as const)('comes as %s', async (format, type) => {
    const answer = await client.audio.speech.create({
      model: 'tts-1',
      input: 'Hello world',
      voice: 'alloy',
      response_format: format,
    });
    expect(answer.headers.get('content-type')).toBe(type);
    expect((await answer.arrayBuffer()).byteLength).toBe(30_000);
  });

  it('can be played while it comes', async () => {
    const { body } = await client.audio.speech.create({ model: 'tts-1', input: 'Hello', voice: 'alloy' });
    let bytes = 0;
    for await (const piece of body as unknown as AsyncIterable<Uint8Array>) bytes += piece.length;
    expect(bytes).toBe(30_000);
  });

  it('comes as events', async () => {
    const answer = await client.audio.speech.create({
      model: 'tts-1',
      input: 'Hello',
      voice: 'alloy',
      stream_format: 'sse',
    });
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const events = (await answer.text()).match(/^event: .*$/gm);
    expect(events).toEqual([...Array(3).fill('event: speech.audio.delta'), 'event: speech.audio.done']);
  });
});

describe('moderations', () => {
  it('judge a text, and several', async () => {
    const one = await client.moderations.create({ input: 'I want peace' });
    expect(one.results.map(({ flagged }) => flagged)).toEqual([false]);
    const two = await client.moderations.create({
      model: 'omni-moderation-latest',
      input: ['peace', 'violence'],
    });
    expect(two.model).toBe('omni-moderation-latest');
    expect(two.results[1]?.categories.violence).toBe(true);
  });
});

describe('an error', () => {
  const ask = (model: string, rest: object = {}, by = client) =>
    by.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hello!' }], ...rest });
  const thrownBy = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

  it('has the class that programs look for', async () => {
    await bench.addModel('busy', 'gpt-upstream;status=429;retry_after=7');
    await bench.addModel('down', 'gpt-upstream;status=500');
    const apiKey = await bench.addKey({ models: ['my-*'] });
    const wrong = new OpenAI({ apiKey: 'wrong', baseURL: `${bench.url}/v1`, maxRetries: 0 });
    const narrow = new OpenAI({ apiKey, baseURL: `${bench.url}/v1`, maxRetries: 0 });
    const cases = [
      [() => ask('dall-e-3', {}, wrong), AuthenticationError, { status: 401, code: 'invalid_api_key' }],
      [() => ask('dall-e-3', {}, narrow), PermissionDeniedError, { status: 403, code: 'model_not_allowed' }],
      [() => client.models.retrieve('x/y'), NotFoundError, { status: 404, code: 'model_not_found' }],
      [
        () => ask('my-gpt-35-turbo', { top_p: 2 }),
        BadRequestError,
        { status: 400, code: 'invalid_value', param: 'top_p' },
      ],
      [() => ask('busy'), RateLimitError, { status: 429, type: 'rate_limit_error' }],
      [() => ask('down'), InternalServerError, { status: 503, type: 'service_unavailable_error' }],
    ] as const;
    for (const [call, Class, members] of cases) {
      const error = await thrownBy(call());
      expect(error).toBeInstanceOf(Class);
      expect(error).toMatchObject({ ...members, requestID: expect.stringMatching(/^req_/) });
    }
  });

  it('ends a stream that is broken midway', async () => {
    await bench.addModel('broken', 'gpt-upstream;cut=2');
    const chunks: unknown[] = [];
    const messages = [{ role: 'user' as const, content: 'Hello!' }];
    const read = async () => {
      const stream = await client.chat.completions.create({ model: 'broken', messages, stream: true });
      for await (const chunk of stream) chunks.push(chunk);
    };
    const error = await thrownBy(read());
    expect(chunks.length).toBeGreaterThan(1);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ code: 'upstream_unavailable' });
  });
});

describe('what a model cannot do', () => {
  it('is said in OpenAI’s shape, for every endpoint', async () => {
    const file = await toFile(Buffer.from('x'), 'a.mp3');
    const calls = [
      () => client.completions.create({ model: 'missing', prompt: 'x' }),
      () => client.embeddings.create({ model: 'missing', input: 'x' }),
      () => client.images.generate({ model: 'missing', prompt: 'x' }),
      () => client.images.edit({ model: 'missing', image: file, prompt: 'x' }),
      () => client.images.createVariation({ model: 'missing', image: file }),
      () => client.audio.transcriptions.create({ model: 'missing', file }),
      () => client.audio.translations.create({ model: 'missing', file }),
      () => client.audio.speech.create({ model: 'missing', input: 'x', voice: 'alloy' }),
      () => client.moderations.create({ model: 'missing', input: 'x' }),
    ];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({
        status: 404,
        code: 'model_not_found',
        type: 'invalid_request_error',
      });
    }
  });
});
