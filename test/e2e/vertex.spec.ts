import { readFileSync } from 'node:fs';
import OpenAI from 'openai';
import type {
  ChatCompletionChunk,
  ChatCompletionCreateParamsNonStreaming,
} from 'openai/resources/chat/completions';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startFakeGoogle } from '../support/fake-google.js';
import type { FakeGoogle } from '../support/fake-google.js';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { recordOf } from '../support/records.js';

const FIXTURES = new URL('../../libs/providers/src/vertex/fixtures/', import.meta.url);
const read = (name: string, file: string): string =>
  readFileSync(new URL(`${name}/${file}`, FIXTURES), 'utf8');
const parse = (name: string, file: string) => JSON.parse(read(name, file));

const PLACE = '/v1/projects/our-project/locations/us-central1';
const MODELS = {
  'my-gemini': 'gemini-2.5-flash',
  'my-claude': 'claude-sonnet-4-5@20250929',
  'my-embedder': 'text-embedding-005',
  'my-painter': 'gemini-2.5-flash-image',
  'my-imagen': 'imagen-4.0-generate-001',
};

let bench: TestBench;
let google: FakeGoogle;
let client: OpenAI;
let providerId: string;

beforeAll(async () => {
  bench = await startBench();
  google = await startFakeGoogle();
  client = new OpenAI({ apiKey: await bench.addKey(), baseURL: `${bench.url}/v1`, maxRetries: 0 });
  const { id } = await bench.admin('POST', '/providers', {
    name: 'vertex',
    type: 'vertex',
    base_url: `${google.url}${PLACE}`,
    api_key: JSON.stringify(google.serviceAccount, null, 2),
  });
  providerId = id;
  for (const [name, model] of Object.entries(MODELS)) {
    await bench.admin('POST', '/models', { id: name, targets: [{ provider: 'vertex', model }] });
  }
});
afterAll(async () => {
  await bench.close();
  await google.close();
});

let request: ChatCompletionCreateParamsNonStreaming;
beforeEach(async () => {
  request = { model: 'my-gemini', messages: [{ role: 'user', content: 'Hello!' }] };
  google.failTokens(undefined);
  // Targets that failed in one test are asked in the next.
  await bench.admin('POST', '/system/reload');
});

/** Vertex AI plays what it answers in a golden case. */
const playWhole = (name: string): void => google.answerWith({ body: read(name, 'upstream-response.json') });
const playStream = (name: string): void =>
  google.answerWith({ type: 'text/event-stream', body: read(name, 'upstream.sse') });
const asked = () => JSON.parse(google.last.body.toString());

async function streamed(rest: object): Promise<ChatCompletionChunk[]> {
  const chunks: ChatCompletionChunk[] = [];
  const stream = await client.chat.completions.create({ ...request, ...rest, stream: true });
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const textOf = (chunks: readonly ChatCompletionChunk[]): string =>
  chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');

describe('Gemini at Vertex AI, by OpenAI’s SDK', () => {
  it('is asked with a token, and answers whole', async () => {
    playWhole('gemini-text');
    const { data, request_id: id } = await client.chat.completions.create(request).withResponse();
    expect(google.last.url).toBe(`${PLACE}/publishers/google/models/gemini-2.5-flash:generateContent`);
    expect(google.last.headers.authorization).toMatch(/^Bearer ya29\.token-\d+$/);
    expect(asked()).toEqual(parse('gemini-text', 'upstream-request.json'));
    expect(data).toMatchObject({
      model: 'my-gemini',
      choices: parse('gemini-text', 'response.json').choices,
    });
    expect(await recordOf(bench, id ?? '')).toMatchObject({
      status: 'ok',
      usage_source: 'upstream',
      prompt_tokens: 12,
      completion_tokens: 5,
    });
  });

  it('streams', async () => {
    playStream('gemini-stream');
    const chunks = await streamed({ stream_options: { include_usage: true } });
    expect(google.last.url).toBe(
      `${PLACE}/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse`,
    );
    expect([textOf(chunks), chunks.at(-1)?.usage?.prompt_tokens]).toEqual(['Hi', 132]);
  });

  it('calls tools', async () => {
    playStream('gemini-parallel-tools-stream');
    const { tools } = parse('gemini-parallel-tools-stream', 'request.json');
    const runner = client.chat.completions.stream({ ...request, tools, stream: true });
    const { choices } = await runner.finalChatCompletion();
    const calls = (choices[0]?.message.tool_calls ?? []).flatMap((call) =>
      call.type === 'function' ? [[call.function.name, JSON.parse(call.function.arguments)]] : [],
    );
    expect(calls).toEqual([
      ['get_weather', { city: 'Paris' }],
      ['get_weather', { city: 'Rome' }],
      ['get_time', {}],
    ]);
  });

  it('embeds, in the encoding that the SDK asks for by itself', async () => {
    const embedded = (values: number[]) => ({ embeddings: { values, statistics: { token_count: 2 } } });
    google.answerWith({ body: JSON.stringify({ predictions: [embedded([0.5, -2]), embedded([1, 0])] }) });
    const input = ['a', 'b'];
    const { data, usage } = await client.embeddings.create({ model: 'my-embedder', input, dimensions: 2 });
    expect(google.last.url).toBe(`${PLACE}/publishers/google/models/text-embedding-005:predict`);
    expect(asked()).toEqual({
      instances: [{ content: 'a' }, { content: 'b' }],
      parameters: { outputDimensionality: 2 },
    });
    expect([data.map(({ embedding }) => embedding), usage]).toEqual([
      [
        [0.5, -2],
        [1, 0],
      ],
      { prompt_tokens: 4, total_tokens: 4 },
    ]);
  });

  it('draws', async () => {
    const parts = [{ inlineData: { mimeType: 'image/png', data: 'aW1hZ2U=' } }];
    const usageMetadata = { promptTokenCount: 8, candidatesTokenCount: 1290 };
    const candidates = [{ content: { role: 'model', parts }, finishReason: 'STOP' }];
    google.answerWith({ body: JSON.stringify({ candidates, usageMetadata }) });
    const wanted = { model: 'my-painter', prompt: 'A cat.', size: '1536x1024' } as const;
    const { data, request_id: id } = await client.images.generate(wanted).withResponse();
    expect(google.last.url).toBe(`${PLACE}/publishers/google/models/gemini-2.5-flash-image:generateContent`);
    expect(asked().generationConfig.imageConfig).toEqual({ aspectRatio: '3:2' });
    expect(data).toMatchObject({ data: [{ b64_json: 'aW1hZ2U=' }], usage: { output_tokens: 1290 } });
    expect(await recordOf(bench, id ?? '')).toMatchObject({
      operation: 'image_generations',
      images: 1,
      completion_tokens: 1290,
      usage_source: 'upstream',
      priced: true,
    });
  });

  it('draws by Imagen, as many as are asked for, or says that it does not', async () => {
    const image = { bytesBase64Encoded: 'aW1hZ2U=', mimeType: 'image/png' };
    google.answerWith({ body: JSON.stringify({ predictions: [image, image] }) });
    const wanted = { model: 'my-imagen', prompt: 'A cat.', n: 2 };
    const { data } = await client.images.generate(wanted);
    expect(google.last.url).toBe(`${PLACE}/publishers/google/models/imagen-4.0-generate-001:predict`);
    expect(data).toEqual([{ b64_json: 'aW1hZ2U=' }, { b64_json: 'aW1hZ2U=' }]);
    google.answerWith({ body: JSON.stringify({ predictions: [{ raiFilteredReason: 'Filtered.' }] }) });
    const held = client.images.generate(wanted);
    await expect(held).rejects.toMatchObject({ status: 400, code: 'moderation_blocked' });
    const byUrl = client.images.generate({ ...wanted, response_format: 'url' });
    await expect(byUrl).rejects.toMatchObject({ status: 400, param: 'response_format' });
  });
});

describe('Claude at Vertex AI, by OpenAI’s SDK', () => {
  it('is asked in its own wire, without a model in the body', async () => {
    playWhole('claude-text');
    const call = client.chat.completions.create({ ...request, model: 'my-claude' });
    const { data, request_id: id } = await call.withResponse();
    expect(await recordOf(bench, id ?? '')).toMatchObject({ prompt_tokens: 12, priced: true });
    expect(google.last.url).toBe(
      `${PLACE}/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict`,
    );
    expect(asked()).toEqual(parse('claude-text', 'upstream-request.json'));
    expect(asked()).toMatchObject({ anthropic_version: 'vertex-2023-10-16' });
    expect(data.choices[0]?.message.content).toBe('Hello, you.');
  });

  it('streams', async () => {
    playStream('claude-stream');
    const chunks = await streamed({ model: 'my-claude', stream_options: { include_usage: true } });
    expect(google.last.url).toMatch(/:streamRawPredict$/);
    expect(asked().stream).toBe(true);
    expect(textOf(chunks)).not.toBe('');
    expect(chunks.at(-1)?.usage).toMatchObject({ total_tokens: expect.any(Number) });
  });

  it.each([
    ['claude-error-429', 429],
    ['claude-error-of-google', 429],
    ['claude-error-529', 503],
  ])('fails: %s', async (name, status) => {
    const { status: upstreamStatus, body } = parse(name, 'upstream-error.json');
    google.answerWith({ status: upstreamStatus, body: JSON.stringify(body) });
    const failed = client.chat.completions.create({ ...request, model: 'my-claude' });
    await expect(failed).rejects.toMatchObject({ status });
  });

  it('neither embeds nor draws', async () => {
    const failed = client.embeddings.create({ model: 'my-claude', input: 'a' });
    await expect(failed).rejects.toMatchObject({ status: 400, code: 'unsupported_operation' });
  });
});

describe('the token', () => {
  it('is one for all calls', async () => {
    playWhole('gemini-text');
    await client.chat.completions.create(request);
    const { tokens } = google;
    await Promise.all(Array.from({ length: 5 }, () => client.chat.completions.create(request)));
    expect(google.tokens).toBe(tokens);
  });

  it('is asked for anew when the upstream does not take it, and the client sees nothing of that', async () => {
    playWhole('gemini-text');
    await client.chat.completions.create(request);
    const { tokens, calls } = google;
    google.revoke();
    const { choices } = await client.chat.completions.create(request);
    expect(choices).toHaveLength(1);
    expect([google.tokens, google.calls]).toEqual([tokens + 1, calls + 2]);
  });

  it.each([
    [400, 'upstream_rejected'],
    [503, 'upstream_unavailable'],
  ])('that is refused with %i is an error', async (status, code) => {
    google.revoke();
    google.failTokens((response) => void response.writeHead(status).end('{"error":"invalid_grant"}'));
    const failed = client.chat.completions.create(request);
    await expect(failed).rejects.toMatchObject({ status: 503, code });
  });

  it('is not waited for when the client is gone', async () => {
    google.revoke();
    playWhole('gemini-text');
    let release: (() => void) | undefined;
    google.failTokens((response) => (release = () => void response.writeHead(503).end()));
    const gone = new AbortController();
    const call = client.chat.completions.create(request, { signal: gone.signal });
    const failed = expect(call).rejects.toThrow('aborted');
    await vi.waitFor(() => expect(release).toBeDefined());
    gone.abort();
    await failed;
    await vi.waitFor(async () => {
      const { data } = await bench.admin('GET', '/requests?limit=1');
      expect(data[0]).toMatchObject({ model: 'my-gemini', status: 'cancelled' });
    });
    release?.();
  });
});

describe('an operator', () => {
  it('tries the provider, and sees its models', async () => {
    const publisherModels = [{ name: 'publishers/google/models/gemini-2.5-flash' }];
    google.answerWith({ body: JSON.stringify({ publisherModels }) });
    expect(await bench.admin('POST', `/providers/${providerId}/test`)).toMatchObject({ ok: true, models: 1 });
    expect(google.last.url).toBe('/v1beta1/publishers/google/models?pageSize=100');
    const { data } = await bench.admin('GET', `/providers/${providerId}/models`);
    expect(data).toEqual([{ id: 'gemini-2.5-flash', object: 'model' }]);
    const { credential } = await bench.admin('GET', `/providers/${providerId}`);
    expect(credential).toEqual({ set: true, last4: '****' });
  });

  it('is told why there is no token', async () => {
    google.revoke();
    google.failTokens((response) => void response.writeHead(400).end('{"error":"invalid_grant"}'));
    const { ok, error } = await bench.admin('POST', `/providers/${providerId}/test`);
    expect([ok, error]).toEqual([false, expect.stringContaining('invalid_grant')]);
  });

  it.each([
    [{ base_url: 'https://aiplatform.googleapis.com', api_key: 'ya29.token' }, 'base_url'],
    [{ api_key: '{"type": "authorized_user"}' }, 'api_key'],
    [{ type: 'openai', api_key: '{"type": "service_account"}' }, 'api_key'],
  ])('is refused what cannot work: %j', async (fields, param) => {
    const body = { name: 'broken', type: 'vertex', ...fields };
    const authorization = `Bearer ${MASTER_KEY}`;
    const { status, json } = await bench.request('POST', '/v1/admin/providers', body, { authorization });
    expect([status, json.error.code, json.error.param]).toEqual([400, 'invalid_value', param]);
    const change = await bench.request('PATCH', `/v1/admin/providers/${providerId}`, fields, {
      authorization,
    });
    expect([change.status, change.json.error.param]).toEqual([400, param]);
  });
});
