import { readFileSync } from 'node:fs';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import OpenAI from 'openai';
import type {
  ChatCompletionChunk,
  ChatCompletionCreateParamsNonStreaming,
} from 'openai/resources/chat/completions';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { framesOf } from '../support/aws-frames.js';
import { startBedrock } from '../support/bedrock-upstream.js';
import type { BedrockUpstream } from '../support/bedrock-upstream.js';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { recordOf } from '../support/records.js';

const FIXTURES = new URL('../../libs/providers/src/bedrock/fixtures/', import.meta.url);
const read = (name: string, file: string): string =>
  readFileSync(new URL(`${name}/${file}`, FIXTURES), 'utf8');
const parse = (name: string, file: string) => JSON.parse(read(name, file));

const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'se/cret+KEY', sessionToken: 'to/ken==' };
const API_KEY = 'ABSKexample==';
const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const PROFILE = 'arn:aws:bedrock:us-west-2:123456789012:inference-profile/us.amazon.nova-pro-v1:0';

let bench: TestBench;
let fake: BedrockUpstream;
let client: OpenAI;
let providerId: string;

beforeAll(async () => {
  bench = await startBench();
  fake = await startBedrock(KEYS, API_KEY);
  client = new OpenAI({ apiKey: await bench.addKey(), baseURL: `${bench.url}/v1`, maxRetries: 0 });
  const secrets = {
    signing: JSON.stringify({ ...KEYS, region: 'us-west-2' }),
    showing: API_KEY,
    wrong: JSON.stringify({ ...KEYS, secretAccessKey: 'x', region: 'us-west-2' }),
  };
  for (const [name, api_key] of Object.entries(secrets)) {
    const account = { name, type: 'bedrock', base_url: fake.url, api_key };
    const { id } = await bench.admin('POST', '/providers', account);
    if (name === 'signing') providerId = id;
  }
  const addModel = (id: string, ...targets: object[]) => bench.admin('POST', '/models', { id, targets });
  const target = { provider: 'signing', model: CLAUDE };
  await addModel('my-claude', target);
  await addModel('my-nova', { provider: 'signing', model: PROFILE });
  await addModel('by-api-key', { provider: 'showing', model: CLAUDE });
  await addModel('not-let-in', { provider: 'wrong', model: CLAUDE });
  await addModel('my-embedder', { provider: 'signing', model: 'cohere.embed-english-v3' });
  await addModel('either', target, { provider: 'upstream', model: 'gpt-upstream', priority: 1 });
});
afterAll(async () => {
  await bench.close();
  await fake.close();
});

let request: ChatCompletionCreateParamsNonStreaming;
beforeEach(async () => {
  request = { model: 'my-claude', messages: [{ role: 'user', content: 'Hello!' }] };
  // Targets that failed in one test are asked in the next.
  await bench.admin('POST', '/system/reload');
});

/** The fake plays what Bedrock answers in a golden case. */
const playWhole = (name: string): void => fake.answerWith({ body: read(name, 'upstream-response.json') });
const playStream = (name: string): void => fake.answerWith({ body: framesOf(read(name, 'upstream.sse')) });
function playError(name: string): void {
  const { status, body } = parse(name, 'upstream-error.json');
  fake.answerWith({ status, body: JSON.stringify(body) });
}

const textOf = (chunks: readonly ChatCompletionChunk[]): string =>
  chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');

async function streamed(rest: object): Promise<ChatCompletionChunk[]> {
  const chunks: ChatCompletionChunk[] = [];
  const stream = await client.chat.completions.create({ ...request, ...rest, stream: true });
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe('the fake is a Bedrock, by AWS’s SDK', () => {
  const connect = (credentials: object): BedrockRuntimeClient =>
    new BedrockRuntimeClient({
      region: 'us-west-2',
      endpoint: fake.url,
      credentials: { ...KEYS, ...credentials },
      maxAttempts: 1,
      // Its own choice is HTTP/2, which needs TLS.
      requestHandler: new NodeHttpHandler(),
    });
  const call = { modelId: CLAUDE, messages: [{ role: 'user' as const, content: [{ text: 'Hello!' }] }] };

  it('answers whole', async () => {
    playWhole('text');
    const { output, usage } = await connect({}).send(new ConverseCommand(call));
    expect(output?.message?.content).toEqual([{ text: 'Hello, ' }, { text: 'you.' }]);
    expect(usage?.inputTokens).toBe(12);
  });

  it('streams', async () => {
    playStream('tools-stream');
    const { stream } = await connect({}).send(new ConverseStreamCommand(call));
    const names: string[] = [];
    for await (const event of stream ?? []) names.push(...Object.keys(event));
    expect(names).toEqual(
      read('tools-stream', 'upstream.sse')
        .match(/(?<=event: ).*/g)
        ?.map(String),
    );
  });

  it('lets nobody in who signs wrong', async () => {
    const refused = connect({ secretAccessKey: 'x' }).send(new ConverseCommand(call));
    await expect(refused).rejects.toMatchObject({ name: 'InvalidSignatureException' });
  });
});

describe('Bedrock, by OpenAI’s SDK', () => {
  it('is asked signed, and answers whole', async () => {
    playWhole('text');
    const { data, request_id: id } = await client.chat.completions.create(request).withResponse();
    expect(fake.last.url).toBe('/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse');
    expect(fake.last.headers['x-amz-security-token']).toBe(KEYS.sessionToken);
    expect(fake.last.body).toBe(read('text', 'upstream-request.json'));
    const { created, ...answer } = parse('text', 'response.json');
    expect(data).toMatchObject({
      ...answer,
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{32}$/),
      model: 'my-claude',
    });
    expect(created).not.toBe(data.created);
    const record = { status: 'ok', usage_source: 'upstream', prompt_tokens: 12, completion_tokens: 5 };
    expect(await recordOf(bench, id ?? '')).toMatchObject(record);
  });

  it('is asked for the ARN of a profile, its slash escaped', async () => {
    playWhole('text');
    await client.chat.completions.create({ ...request, model: 'my-nova' });
    expect(fake.last.url).toContain('inference-profile%2Fus.amazon.nova-pro-v1%3A0/converse');
  });

  it('is shown an API key', async () => {
    playWhole('text');
    await client.chat.completions.create({ ...request, model: 'by-api-key' });
    expect(fake.last.headers).toMatchObject({ authorization: `Bearer ${API_KEY}` });
    expect(fake.last.headers['x-amz-date']).toBeUndefined();
  });

  it('streams in frames, and tells of usage whoever asks', async () => {
    playStream('text-stream-usage');
    const silent = await streamed({});
    expect(fake.last.url).toContain('/converse-stream');
    expect(fake.last.headers.accept).toBe('application/vnd.amazon.eventstream');
    expect(silent.every(({ usage }) => usage === undefined)).toBe(true);
    const chunks = await streamed({ stream_options: { include_usage: true } });
    expect([textOf(chunks), chunks.length]).toEqual(['Hi', silent.length + 1]);
    expect(chunks.at(-1)).toMatchObject({
      model: 'my-claude',
      usage: { prompt_tokens: 132, prompt_tokens_details: { cached_tokens: 100 }, completion_tokens: 7 },
    });
  });

  it('calls tools, and takes their results', async () => {
    playStream('tools-stream');
    const { tools } = parse('tools-stream', 'request.json');
    const runner = client.chat.completions.stream({ ...request, tools, stream: true });
    const { choices } = await runner.finalChatCompletion();
    const message = choices[0]?.message;
    const calls = (message?.tool_calls ?? []).flatMap((call) => (call.type === 'function' ? [call] : []));
    expect(calls.map(({ function: called }) => [called.name, JSON.parse(called.arguments)])).toEqual([
      ['get_weather', { city: 'Paris' }],
      ['get_time', {}],
    ]);
    if (!message) throw new Error('No message came.');
    playWhole('text');
    const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'done' }));
    await client.chat.completions.create({
      ...request,
      tools,
      messages: [...request.messages, message, ...results],
    });
    expect(JSON.parse(fake.last.body).messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ text: 'Let me look.' }, { toolUse: { toolUseId: 'tooluse_1' } }, {}] },
      { role: 'user', content: [{ toolResult: { toolUseId: 'tooluse_1' } }, { toolResult: {} }] },
    ]);
  });

  it('answers in the schema that was asked for', async () => {
    playWhole('json-schema');
    const { response_format } = parse('json-schema', 'request.json');
    const completion = await client.chat.completions.parse({ ...request, response_format });
    expect(completion.choices[0]?.message.parsed).toEqual({ steps: ['Go'] });
  });

  it('embeds, in the encoding that the SDK asks for by itself', async () => {
    fake.answerWith({
      body: JSON.stringify({
        embeddings: {
          float: [
            [0.5, -2],
            [1, 0],
          ],
        },
      }),
    });
    const { data } = await client.embeddings.create({ model: 'my-embedder', input: ['a', 'b'] });
    expect(fake.last.url).toBe('/model/cohere.embed-english-v3/invoke');
    expect(data.map(({ embedding }) => embedding)).toEqual([
      [0.5, -2],
      [1, 0],
    ]);
  });

  it('is left when the client leaves', async () => {
    const [first = ''] = read('text-stream', 'upstream.sse').split(/(?<=\n\n)(?=event: contentBlockStop)/);
    fake.answerWith({ body: framesOf(first), staysOpen: true });
    const stream = await client.chat.completions.create({ ...request, stream: true });
    for await (const { choices } of stream) if (choices[0]?.delta.content === 'lo') break;
    await fake.left;
  });
});

describe('an error of Bedrock', () => {
  it.each(['error-400', 'error-400-too-long', 'error-403-clock', 'error-404', 'error-424', 'error-429'])(
    '%s',
    async (name) => {
      playError(name);
      const { status, error } = parse(name, 'error.json');
      const failed = client.chat.completions.create(request);
      await expect(failed).rejects.toMatchObject({ status, code: error.code, type: error.type });
    },
  );

  it('is that of an operator whose keys are wrong', async () => {
    playWhole('text');
    const failed = client.chat.completions.create({ ...request, model: 'not-let-in' });
    await expect(failed).rejects.toMatchObject({ status: 503, code: 'upstream_rejected' });
  });

  it('before the first block of a stream is for the next target', async () => {
    playStream('stream-throttled-at-once');
    expect(textOf(await streamed({ model: 'either' }))).toContain('Hello!');
  });

  it('is a frame that is not what it says, before the first block', async () => {
    const frames = framesOf(read('text-stream', 'upstream.sse'));
    frames[20] = (frames[20] ?? 0) ^ 1;
    fake.answerWith({ body: frames });
    expect(textOf(await streamed({ model: 'either' }))).toContain('Hello!');
  });

  it.each<[string, () => Buffer]>([
    ['an exception', () => framesOf(read('stream-failed', 'upstream.sse'))],
    ['its end', () => framesOf(read('stream-cut', 'upstream.sse'))],
    [
      'a cut frame',
      () =>
        framesOf(
          read('text-stream', 'upstream.sse').replace(/event: contentBlockDelta\ndata: .*"lo".*\n\n/, ''),
        ).subarray(0, -3),
    ],
  ])('in the middle of a stream ends it: %s', async (_, frames) => {
    const all = frames();
    fake.answerWith({ body: all });
    const texts: unknown[] = [];
    const stream = await client.chat.completions.create({ ...request, stream: true });
    const readAll = async (): Promise<void> => {
      for await (const { choices } of stream) texts.push(choices[0]?.delta.content);
    };
    await expect(readAll()).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(texts.slice(0, 2)).toEqual(['', 'Hel']);
  });

  it('is not asked for what it cannot', async () => {
    const refused = client.chat.completions.create({ ...request, n: 2 });
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'n' });
  });
});

it('its models are listed to the operator, signed as well', async () => {
  fake.answerWith({ body: JSON.stringify({ modelSummaries: [{ modelId: CLAUDE, modelName: 'Claude' }] }) });
  expect(await bench.admin('POST', `/providers/${providerId}/test`)).toMatchObject({ ok: true, models: 1 });
  expect(fake.last.url).toBe('/foundation-models');
});
