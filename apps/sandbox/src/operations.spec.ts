import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { request as httpRequest } from 'node:http';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from './sandbox.js';

let sandbox: Sandbox;
let client: OpenAI;

beforeAll(async () => {
  sandbox = await startSandbox({ keepBodies: true });
  client = new OpenAI({ apiKey: 'x', baseURL: sandbox.url, maxRetries: 0 });
});
beforeEach(() => sandbox.ledger.clear());
afterAll(() => sandbox.close());

const post = (path: string, body: object): Promise<Response> =>
  fetch(`${sandbox.url}${path}`, { method: 'POST', body: JSON.stringify(body) });

describe('completions', () => {
  it('are n answers to each prompt', async () => {
    const answer = await client.completions.create({
      model: 'davinci',
      prompt: ['a', 'b c'],
      n: 2,
      echo: true,
    });
    expect(answer.choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(answer.choices[2]?.text.startsWith('b c Hello')).toBe(true);
    expect(answer.usage?.prompt_tokens).toBe(3);
  });

  it('are streamed with their usage', async () => {
    const stream = await client.completions.create({
      model: 'davinci;chunks=3',
      prompt: [1, 2, 3],
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks).toHaveLength(5);
    expect(chunks.at(-1)?.usage).toEqual({ prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 });
  });
});

describe('embeddings', () => {
  const ask = async (model: string, encoding_format?: string) => {
    const answer = await post('/embeddings', { model, input: ['a', 'b'], dimensions: 4, encoding_format });
    return ((await answer.json()) as { data: { embedding: number[] | string }[] }).data;
  };

  it('are the same as floats and as base64', async () => {
    const floats = await ask('embed');
    const encoded = await ask('embed', 'base64');
    const decoded = new Float32Array(
      Uint8Array.from(Buffer.from(String(encoded[0]?.embedding), 'base64')).buffer,
    );
    expect([...decoded]).toEqual(floats[0]?.embedding);
    expect(Math.hypot(...decoded)).toBeCloseTo(1);
    expect(floats[0]?.embedding).not.toEqual(floats[1]?.embedding);
  });

  it('may ignore that base64 was asked for', async () => {
    expect(await ask('embed;base64=ignore', 'base64')).toEqual(await ask('embed'));
  });
});

describe('images', () => {
  it('come in base64 or as URLs', async () => {
    const inline = await client.images.generate({ model: 'dall-e-3', prompt: 'a cat', n: 2 });
    expect(Buffer.from(inline.data?.[1]?.b64_json ?? '', 'base64').toString('latin1', 1, 4)).toBe('PNG');
    const linked = await client.images.generate({
      model: 'dall-e-3',
      prompt: 'a cat',
      response_format: 'url',
    });
    expect(linked.data?.[0]?.url).toMatch(/^https:/);
  });

  it('may be large, with their length foretold or not', async () => {
    for (const [script, length] of [
      ['bytes=1000001', '1000'],
      ['bytes=1000001;chunked=1', null],
    ] as const) {
      const answer = await post('/images/generations', { model: `big;${script}`, prompt: 'a cat' });
      const text = await answer.text();
      expect(answer.headers.get('content-length')?.slice(0, 4) ?? null).toBe(length);
      expect((JSON.parse(text) as { data: { b64_json: string }[] }).data[0]?.b64_json).toHaveLength(
        1_000_000,
      );
    }
  });

  it('are streamed, partial ones first', async () => {
    const answer = await post('/images/generations', {
      model: 'gpt-image-1',
      prompt: 'a cat',
      stream: true,
      partial_images: 2,
    });
    const names = (await answer.text()).match(/^event: .*$/gm);
    expect(names).toEqual([
      'event: image_generation.partial_image',
      'event: image_generation.partial_image',
      'event: image_generation.completed',
    ]);
  });

  it('are edited from files', async () => {
    const image = await toFile(Buffer.from('pixels'), 'cat.png', { type: 'image/png' });
    await client.images.edit({ model: 'gpt-image-1', image: [image, image], prompt: 'a hat' });
    const [entry] = sandbox.ledger.requests;
    const files = entry?.parts?.filter(({ filename }) => filename !== undefined) ?? [];
    expect(files.map(({ name, contentType }) => [name, contentType])).toEqual([
      ['image[]', 'image/png'],
      ['image[]', 'image/png'],
    ]);
  });
});

describe('audio', () => {
  const file = () => toFile(Buffer.alloc(40_000), 'speech.mp3', { type: 'audio/mpeg' });

  it.each(['json', 'text', 'srt', 'vtt', 'verbose_json'] as const)(
    'is written down as %s',
    async (format) => {
      const answer: unknown = await client.audio.transcriptions.create({
        model: 'whisper-1',
        file: await file(),
        response_format: format,
      });
      expect(JSON.stringify(answer)).toContain('I heard 40000 bytes');
    },
  );

  it('is written down as it is heard', async () => {
    const stream = await client.audio.transcriptions.create({ model: 'w', file: await file(), stream: true });
    const types = [];
    for await (const { type } of stream) types.push(type);
    expect(types.at(-1)).toBe('transcript.text.done');
    expect(types.length).toBeGreaterThan(2);
  });

  it.each(['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'] as const)('is spoken as %s', async (format) => {
    const answer = await client.audio.speech.create({
      model: 'tts-1;bytes=10000;chunks=3',
      input: 'Hello',
      voice: 'alloy',
      response_format: format,
    });
    expect(answer.headers.get('content-type')).toMatch(/^audio\//);
    expect((await answer.arrayBuffer()).byteLength).toBe(10_000);
  });

  it('is spoken in events', async () => {
    const answer = await post('/audio/speech', { model: 'tts-1', input: 'Hello', stream_format: 'sse' });
    expect(await answer.text()).toContain('event: speech.audio.done');
  });

  it('is cut after so many bytes', async () => {
    const answer = await post('/audio/speech', { model: 'tts-1;bytes=10000;cut=5000', input: 'Hello' });
    await expect(answer.arrayBuffer()).rejects.toThrow('terminated');
  });
});

describe('moderations', () => {
  it('have a result for each text', async () => {
    const { results } = await client.moderations.create({ model: 'm', input: ['peace', 'violence'] });
    expect(results.map(({ flagged }) => flagged)).toEqual([false, true]);
  });
});

describe('an order of documents', () => {
  const rerank = async (members: object) => {
    const body = { model: 'm', query: 'a red cat', documents: ['a dog', 'a red cat', { text: 'red' }] };
    return (await (await post('/rerank', { ...body, ...members })).json()) as {
      results: { index: number; document?: object }[];
      meta?: { billed_units: { search_units: number } };
    };
  };

  it('is by the words that they share with the query', async () => {
    const { results, meta } = await rerank({});
    expect(results.map(({ index }) => index)).toEqual([1, 0, 2]);
    expect(results[0]).toEqual({ index: 1, relevance_score: 1 });
    expect(meta?.billed_units.search_units).toBe(1);
  });

  it('has as many as are asked for, with what they say where that is', async () => {
    const { results, meta } = await rerank({ model: 'm;usage=none', top_n: 2, return_documents: true });
    expect(results.map(({ document }) => document)).toEqual([{ text: 'a red cat' }, { text: 'a dog' }]);
    expect(meta).toBeUndefined();
  });
});

describe('every operation', () => {
  it.each([
    ['gzip', gunzipSync],
    ['deflate', inflateSync],
    ['br', brotliDecompressSync],
  ] as const)('can come compressed with %s, whole and streamed', async (encoding, decode) => {
    const read = (stream: boolean): Promise<[string | undefined, Buffer]> =>
      new Promise((resolve, reject) => {
        const request = httpRequest(`${sandbox.url}/chat/completions`, { method: 'POST' }, (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () => resolve([response.headers['content-encoding'], Buffer.concat(parts)]));
        });
        request.on('error', reject);
        const messages = [{ role: 'user', content: 'Hi' }];
        request.end(JSON.stringify({ model: `m;encoding=${encoding}`, messages, stream }));
      });
    const [header, whole] = await read(false);
    expect(header).toBe(encoding);
    expect(decode(whole).toString()).toContain('"chat.completion"');
    const [, events] = await read(true);
    expect(decode(events).toString()).toContain('data: [DONE]');
  });

  it('is under both of Azure’s paths too', async () => {
    const base = sandbox.url.replace('/v1', '/openai');
    const ask = (path: string, body: object) =>
      fetch(base + path, { method: 'POST', body: JSON.stringify(body) });
    const messages = [{ role: 'user', content: 'Hi' }];
    const old = await ask('/deployments/my%2Fdep;finish=length/chat/completions?api-version=1', { messages });
    expect(await old.json()).toMatchObject({ model: 'my/dep', choices: [{ finish_reason: 'length' }] });
    const next = await ask('/v1/embeddings', { model: 'e', input: 'a' });
    expect(next.status).toBe(200);
  });

  it('fails as its model’s name says', async () => {
    const failing = await post('/embeddings', { model: 'e;status=429;retry_after=7', input: 'a' });
    expect([failing.status, failing.headers.get('retry-after')]).toEqual([429, '7']);
    expect((await post('/moderations', { input: 'a' })).status).toBe(400);
    expect((await post('/rerank', { model: 'm', query: 'a' })).status).toBe(400);
    expect((await post('/images/generations', { model: 'i' })).status).toBe(400);
  });
});

describe('responses', () => {
  const weather = {
    type: 'function' as const,
    name: 'weather',
    strict: false,
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  };

  it('answer whole what a chat is answered, under their own names', async () => {
    const answer = await client.responses.create({ model: 'm;chunks=4', input: 'a b', instructions: 'c' });
    expect(answer).toMatchObject({ object: 'response', status: 'completed', model: 'm', instructions: 'c' });
    expect(answer.output_text).toContain('You said: "a b"');
    expect(answer.usage).toMatchObject({ input_tokens: 9, output_tokens: 4, total_tokens: 13 });
  });

  it.each([
    ['m', []],
    ['m;reasoning=2', ['reasoning']],
  ])('are gathered from a stream by the SDK: %s', async (model, before) => {
    const stream = client.responses.stream({ model, input: [{ role: 'user', content: 'Hi' }] });
    const numbers: number[] = [];
    stream.on('event', (event) => void numbers.push(event.sequence_number));
    const answer = await stream.finalResponse();
    expect(answer.output.map(({ type }) => type)).toEqual([...before, 'message']);
    expect(answer.output_text).toContain('You said: "Hi"');
    expect(numbers).toEqual(numbers.map((_, at) => at));
  });

  it('call a tool, and go on when it has answered', async () => {
    const asked = { model: 'm', input: 'Hi', tools: [weather] };
    const { output } = await client.responses.stream(asked).finalResponse();
    expect(output).toEqual([expect.objectContaining({ type: 'function_call', name: 'weather' })]);
    const [call] = output;
    if (call?.type !== 'function_call') throw new Error('no call');
    expect(JSON.parse(call.arguments)).toHaveProperty('city');
    const told = { type: 'function_call_output' as const, call_id: call.call_id, output: 'sun' };
    const next = await client.responses.create({
      ...asked,
      input: [{ role: 'user', content: 'Hi' }, call, told],
    });
    expect(next.output.map(({ type }) => type)).toEqual(['message']);
  });

  it.each([
    ['m;finish=length', /response\.incomplete/, /response\.completed/],
    ['m;chunks=4;error_after=2', /event: error/, /response\.completed/],
    ['m;error_first=1', /^event: error/, /response\.created/],
    ['m;done=none', /output_item\.done/, /response\.completed/],
  ])('end as the script says: %s', async (model, has, hasNot) => {
    const text = await (await post('/responses', { model, input: 'Hi', stream: true })).text();
    expect(text).toMatch(has);
    expect(text).not.toMatch(hasNot);
  });
});
