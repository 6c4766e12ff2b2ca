import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Relay } from '../../apps/gateway/src/relay/relay.js';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { expectError } from '../support/expect-error.js';
import { readEvents } from '../support/read-events.js';
import { recordsOf } from '../support/records.js';
import { PYTHON_MS, hasPython, pythonWithSdk, runExample } from '../support/run-example.js';
import type { Language } from '../support/run-example.js';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
const EXAMPLES = new Map(
  read('examples.sh')
    .split(/^### /m)
    .slice(1)
    .map((section): [string, string] => {
      const end = section.indexOf('\n');
      return [section.slice(0, end), section.slice(end + 1).trim()];
    }),
);
const SPECIFICATION = new URL('../../../shared/specification.txt', import.meta.url);
const AUDIO_BYTES = 32_000;

let bench: TestBench;
let folder: string;
let key: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pllm-specification-'));
  writeFileSync(join(folder, 'audio.mp3'), Buffer.alloc(AUDIO_BYTES, 1));
  bench = await startBench({ PLLM_DEFAULT_IMAGE_MODEL: 'dall-e-3' });
  await bench.addModel('my-gpt-4', 'gpt-upstream', { owned_by: 'openai' });
  await bench.addModel('my-gpt-35-turbo', 'gpt-upstream', { owned_by: 'openai' });
  await bench.addModel('text-embedding-ada-002', 'embed-upstream');
  await bench.addModel('dall-e-3', 'image-upstream');
  await bench.addModel('whisper-1', 'whisper-upstream');
  await bench.addModel('tts-1', 'tts-upstream');
  key = await bench.addKey();
});
beforeAll(async () => void (hasPython && (await pythonWithSdk())), PYTHON_MS);
afterAll(async () => {
  await bench.close();
  rmSync(folder, { recursive: true });
});

const run = (language: Language, code: string) => runExample(language, code, { url: bench.url, key, folder });
const example = async (name: string): Promise<string> =>
  (await run('sh', EXAMPLES.get(name) ?? 'false')).stdout;
const answer = async (name: string): Promise<Record<string, unknown>> => JSON.parse(await example(name));

const TEXT_ANSWER = {
  index: 0,
  message: { role: 'assistant', content: expect.any(String) },
  finish_reason: 'stop',
};
const USAGE = {
  prompt_tokens: expect.any(Number),
  completion_tokens: expect.any(Number),
  total_tokens: expect.any(Number),
};

describe('the examples of the reference', () => {
  it.skipIf(!existsSync(SPECIFICATION))('are written as they stand there', () => {
    const squeeze = (text: string): string => text.replace(/\s+/g, ' ');
    const reference = squeeze(readFileSync(SPECIFICATION, 'utf8'));
    const ours = [...EXAMPLES.values(), read('example.python.txt'), read('example.node.txt')].map((text) =>
      squeeze(text).trim(),
    );
    for (const text of ours) expect(reference).toContain(text);
    expect(reference.match(/curl http/g)).toHaveLength(EXAMPLES.size);
  });

  it('answer a chat', async () => {
    expect(await answer('chat')).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'my-gpt-4',
      choices: [TEXT_ANSWER],
      usage: USAGE,
    });
  });

  it('stream a chat', async () => {
    const { chunks, isDone } = readEvents(await example('stream'));
    expect(isDone).toBe(true);
    expect(chunks.length).toBeGreaterThan(2);
    for (const chunk of chunks) {
      expect(chunk).toMatchObject({
        object: 'chat.completion.chunk',
        model: 'my-gpt-4',
        choices: [{ index: 0 }],
      });
    }
  });

  it('continue a text', async () => {
    const choices = [{ index: 0, text: expect.any(String), finish_reason: 'stop' }];
    expect(await answer('completion')).toMatchObject({ object: 'text_completion', choices, usage: USAGE });
  });

  it('make an embedding', async () => {
    const data = [{ object: 'embedding', index: 0, embedding: expect.any(Array) }];
    expect(await answer('embeddings')).toMatchObject({
      object: 'list',
      data,
      model: 'text-embedding-ada-002',
    });
  });

  it('list models', async () => {
    const { object, data } = await answer('models');
    const listed = data as { id: string }[];
    expect(object).toBe('list');
    expect(listed.find(({ id }) => id === 'my-gpt-4')).toEqual({
      id: 'my-gpt-4',
      object: 'model',
      created: expect.any(Number),
      owned_by: 'openai',
      pllm: expect.any(Object),
    });
    expect(await answer('model')).toEqual(listed.find(({ id }) => id === 'my-gpt-4'));
  });

  it('draw an image without naming a model', async () => {
    expect(await answer('image')).toMatchObject({
      created: expect.any(Number),
      data: [{ b64_json: expect.any(String) }],
    });
  });

  it('write down a recording', async () => {
    expect(await answer('transcription')).toMatchObject({
      text: expect.stringContaining(String(AUDIO_BYTES)),
    });
  });

  it('speak', async () => {
    await example('speech');
    const spoken = readFileSync(join(folder, 'speech.mp3'));
    expect([spoken.length, spoken.toString('hex', 0, 2)]).toEqual([4_800, 'fffb']);
  });

  it('say how the service is', async () => {
    const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(await answer('health')).toEqual({ status: 'healthy', timestamp });
    expect(await answer('ready')).toMatchObject({ status: 'ok' });
  });

  it('show how the models did', async () => {
    await recordsOf(bench, 'my-gpt-4', 2);
    const { object, data } = await answer('stats');
    expect(object).toBe('list');
    const stats = (data as { model: string }[]).find(({ model }) => model === 'my-gpt-4');
    expect(stats).toMatchObject({
      requests: expect.any(Number),
      errors: 0,
      latency_ms: { p50: expect.any(Number) },
    });
  });

  it('run in Node', async () => {
    const { stdout } = await run(
      'js',
      `${read('example.node.txt')}console.log(response.choices[0].message.content);`,
    );
    expect(stdout).toContain('Hello');
  });

  it.skipIf(!hasPython)('run in Python', async () => {
    const { stdout } = await run(
      'python',
      `${read('example.python.txt')}print(response.choices[0].message.content)`,
    );
    expect(stdout).toContain('Hello');
  });

  it.each(['/v1', '/api/v1'])('run under %s, with either header', async (prefix) => {
    for (const header of [`Authorization: Bearer ${key}`, `X-API-Key: ${key}`]) {
      const { stdout } = await run('sh', `curl -s http://localhost:8080${prefix}/models -H "${header}"`);
      expect(JSON.parse(stdout)).toMatchObject({ object: 'list' });
    }
  });
});

describe('the errors of the reference', () => {
  const chat = (body: object, headers = { authorization: `Bearer ${key}` }) =>
    bench.request(
      'POST',
      '/v1/chat/completions',
      { messages: [{ role: 'user', content: 'Hello!' }], ...body },
      headers,
    );

  beforeAll(async () => {
    await bench.addModel('busy', 'gpt-upstream;status=429;retry_after=7');
    await bench.addModel('down', 'gpt-upstream;status=500');
    await bench.addModel('closed', 'gpt-upstream');
  });

  it('400 invalid_request_error', async () => {
    expectError(await chat({}), {
      status: 400,
      type: 'invalid_request_error',
      code: 'missing_required_parameter',
    });
  });

  it('401 authentication_error', async () => {
    const answered = await chat({ model: 'my-gpt-4' }, { authorization: 'Bearer wrong' });
    expectError(answered, { status: 401, type: 'authentication_error', code: 'invalid_api_key' });
  });

  it('403 permission_error', async () => {
    const narrow = await bench.addKey({ models: ['my-*'] });
    const answered = await chat({ model: 'closed' }, { authorization: `Bearer ${narrow}` });
    expectError(answered, { status: 403, type: 'permission_error', code: 'model_not_allowed' });
  });

  it('404', async () => {
    expectError(await chat({ model: 'missing' }), {
      status: 404,
      type: 'invalid_request_error',
      code: 'model_not_found',
    });
  });

  it('429 rate_limit_error', async () => {
    const answered = await chat({ model: 'busy' });
    expectError(answered, { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' });
    expect(answered.headers.get('retry-after')).toBe('7');
  });

  it('503 service_unavailable_error', async () => {
    const answered = await chat({ model: 'down' });
    expectError(answered, { status: 503, type: 'service_unavailable_error', code: 'upstream_unavailable' });
  });

  it('500 server_error, for a bug', async () => {
    const relay = bench.gateway.app.get(Relay);
    const { relay: sound } = relay;
    relay.relay = () => Promise.reject(new TypeError('a bug with a secret in it'));
    const answered = await chat({ model: 'my-gpt-4' }).finally(() => (relay.relay = sound));
    expectError(answered, { status: 500, type: 'server_error', code: 'server_error' });
    expect(answered.text).not.toContain('secret');
  });

  it('under the master key too', async () => {
    const answered = await chat({ model: 'missing' }, { authorization: `Bearer ${MASTER_KEY}` });
    expectError(answered, { status: 404, type: 'invalid_request_error', code: 'model_not_found' });
  });
});
