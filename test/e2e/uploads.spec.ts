import { createHash } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { badRequest, expectError } from '../support/expect-error.js';
import type { ExpectedError } from '../support/expect-error.js';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { rawRequest } from '../support/raw-request.js';
import { until } from '../support/until.js';

const MEGABYTE = 1024 * 1024;
const LIMIT = 8 * MEGABYTE;

let bench: TestBench;
let client: OpenAI;
let key: string;

beforeAll(async () => {
  bench = await startBench({ PLLM_UPLOAD_LIMIT_MB: '8', PLLM_DEFAULT_IMAGE_MODEL: 'dall-e-2' });
  await bench.addModel('whisper-1', 'whisper-upstream');
  await bench.addModel('gpt-4o-transcribe', 'whisper-upstream;usage=tokens');
  await bench.addModel('dall-e-2', 'image-upstream');
  await bench.addModel('secret', 'whisper-upstream');
  await bench.admin('POST', '/models', {
    id: 'flaky',
    targets: [
      { provider: 'upstream', model: 'whisper-a;status=500', priority: 0 },
      { provider: 'upstream', model: 'a-much-longer-name-for-whisper', priority: 1 },
    ],
  });
  key = await bench.addKey({ models: ['whisper-1', 'gpt-4o-transcribe', 'dall-e-2', 'flaky'] });
  client = new OpenAI({ apiKey: key, baseURL: `${bench.url}/v1`, maxRetries: 0 });
});
afterAll(() => bench.close());
beforeEach(() => bench.sandbox.ledger.clear());

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');
const sound = (size: number): Buffer => Buffer.alloc(size, 'RIFF-like bytes \r\n--not-the-boundary\r\n');
const lastCall = () => bench.sandbox.ledger.requests.at(-1);

/** A part as it is sent; `head` is all but its name. */
interface Sent {
  readonly name: string;
  readonly rest?: string;
  readonly value: string | Buffer;
}

const file = (
  value: string | Buffer = 'sound',
  rest = '; filename="a.mp3"\r\nContent-Type: audio/mpeg',
): Sent => ({
  name: 'file',
  rest,
  value,
});
const field = (name: string, value: string): Sent => ({ name, value });

function formOf(parts: readonly Sent[]): Buffer {
  const pieces = parts.flatMap(({ name, rest = '', value }) => [
    Buffer.from(`--XY\r\nContent-Disposition: form-data; name="${name}"${rest}\r\n\r\n`),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from('--XY--\r\n')]);
}

function post(
  path: string,
  body: Buffer,
  contentType = 'multipart/form-data; boundary=XY',
  length = body.length,
) {
  const head =
    `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n` +
    `content-type: ${contentType}\r\ncontent-length: ${length}\r\n\r\n`;
  return rawRequest(bench.url, Buffer.concat([Buffer.from(head), body]));
}
const transcribe = (...parts: Sent[]) => post('/v1/audio/transcriptions', formOf(parts));

describe('a transcription by the official SDK', () => {
  it.each(['json', 'verbose_json', 'text', 'srt', 'vtt'] as const)('comes as %s', async (format) => {
    const { data, response } = await client.audio.transcriptions
      .create({ model: 'whisper-1', file: await toFile(sound(40_000), 'a.wav'), response_format: format })
      .withResponse();
    expect(JSON.stringify(data)).toContain('I heard 40000 bytes');
    expect(response.headers.get('content-type')).toMatch(
      format.includes('json') ? /^application\/json/ : /^text\/plain/,
    );
  });

  it('is streamed', async () => {
    const stream = await client.audio.transcriptions.create({
      model: 'gpt-4o-transcribe',
      file: await toFile(sound(40_000), 'a.wav'),
      stream: true,
    });
    const events = [];
    for await (const event of stream) events.push(event);
    const [last] = events.slice(-1);
    expect(last?.type).toBe('transcript.text.done');
    expect(events.map((event) => ('delta' in event ? event.delta : '')).join('')).toBe(
      last && 'text' in last ? last.text : '',
    );
  });

  it('is a translation', async () => {
    const answer = await client.audio.translations.create({
      model: 'whisper-1',
      file: await toFile(sound(9), 'a.mp3'),
    });
    expect(answer.text).toContain('I heard 9 bytes');
    expect(lastCall()?.path).toBe('/v1/audio/translations');
  });

  it('is refused in OpenAI’s shape', async () => {
    const ask = client.audio.transcriptions.create({
      model: 'missing',
      file: await toFile(sound(9), 'a.mp3'),
    });
    await expect(ask).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });
});

describe('what reaches the upstream', () => {
  it('is what was sent but for the model’s name, part for part', async () => {
    const parts: Sent[] = [
      field('language', 'de'),
      file(
        sound(3 * MEGABYTE),
        '; filename="Ä %22quoted%22 \\"日本\\".mp3"\r\nContent-Type: audio/mpeg; codecs=x\r\nX-Own: 1',
      ),
      field('timestamp_granularities[]', 'word'),
      field('timestamp_granularities[]', 'segment'),
      field('empty', ''),
      field('model', 'whisper-1'),
      field('prompt', 'Größe\r\n--XYZ\r\n--X'),
      field('response_format', 'verbose_json'),
    ];
    const answer = await transcribe(...parts);
    expect(answer.status).toBe(200);
    const sent = parts.map(({ name, rest = '', value }) => ({
      head: `Content-Disposition: form-data; name="${name}"${rest}`,
      sha256: sha256(name === 'model' ? 'whisper-upstream' : value),
    }));
    expect(lastCall()?.parts?.map(({ head, sha256: digest }) => ({ head, sha256: digest }))).toEqual(sent);
    const { 'content-type': type, 'content-length': length } = lastCall()?.headers ?? {};
    expect(type).toBe('multipart/form-data; boundary=XY');
    expect(Number(length)).toBe(formOf(parts).length + 'whisper-upstream'.length - 'whisper-1'.length);
  });

  it.each([10, 3 * MEGABYTE])('is whole for each target that is asked (%i bytes)', async (size) => {
    const answer = await transcribe(file(sound(size)), field('model', 'flaky'));
    expect(answer.status).toBe(200);
    const calls = bench.sandbox.ledger.requests;
    expect(calls.map(({ model }) => model)).toEqual([
      'whisper-a;status=500',
      'a-much-longer-name-for-whisper',
    ]);
    for (const { parts } of calls) expect(parts?.[0]?.sha256).toBe(sha256(sound(size)));
  });

  it('is nothing that stays on disk, or open', async () => {
    await transcribe(file(sound(3 * MEGABYTE)), field('model', 'whisper-1'));
    expect(readdirSync(join(bench.dataDir, 'uploads'))).toEqual([]);
    await until(() => openUploads().length === 0);
  });
});

/** Files in the folder of uploads that this process holds open, the nameless ones too. */
function openUploads(): string[] {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(join(bench.dataDir, 'uploads'));
    } catch {
      return false;
    }
  });
}

describe('an upload that is refused', () => {
  const CASES: [string, Sent[], ExpectedError][] = [
    ['without a model', [file()], badRequest('missing_required_parameter', 'model')],
    ['with an empty model', [file(), field('model', '')], badRequest('invalid_value', 'model')],
    ['without a file', [field('model', 'whisper-1')], badRequest('missing_required_parameter', 'file')],
    [
      'with a text for a file',
      [field('model', 'whisper-1'), field('file', 'x')],
      badRequest('invalid_type', 'file'),
    ],
    ['with a file for a model', [file(), { ...file(), name: 'model' }], badRequest('invalid_type', 'model')],
    [
      'with two models',
      [file(), field('model', 'whisper-1'), field('model', 'secret')],
      badRequest('duplicate_parameter', 'model'),
    ],
    [
      'with a stream that is neither',
      [file(), field('model', 'whisper-1'), field('stream', 'maybe')],
      badRequest('invalid_type', 'stream'),
    ],
  ];
  it.each(CASES)('%s', async (_, parts, expected) => {
    expectError(await transcribe(...parts), expected);
    expect(bench.sandbox.ledger.requests).toHaveLength(0);
  });

  it.each([
    ['broken off', formOf([file(), field('model', 'whisper-1')]).subarray(0, -6), undefined],
    ['without a boundary in it', Buffer.from('hello'), undefined],
    ['empty', Buffer.alloc(0), undefined],
    ['without a boundary in its type', formOf([file()]), 'multipart/form-data'],
  ])('%s', async (_, body, contentType) => {
    expectError(await post('/v1/audio/transcriptions', body, contentType), badRequest('invalid_multipart'));
  });

  it('of the wrong type, either way', async () => {
    const expected = { status: 415, type: 'invalid_request_error', code: 'unsupported_media_type' };
    expectError(await post('/v1/audio/transcriptions', Buffer.from('{}'), 'application/json'), expected);
    expectError(await post('/v1/chat/completions', formOf([field('model', 'whisper-1')])), expected);
  });

  it.each([
    ['unknown', 'missing', { status: 404, type: 'invalid_request_error', code: 'model_not_found' }],
    ['forbidden', 'secret', { status: 403, type: 'permission_error', code: 'model_not_allowed' }],
  ])('for an %s model, while the file is still to come', async (_, model, expected) => {
    const begun = formOf([field('model', model), file()]).subarray(0, -12);
    expectError(await post('/v1/audio/transcriptions', begun, undefined, 5 * MEGABYTE), expected);
  });

  it('for its length, before it comes', async () => {
    const answer = await post('/v1/audio/transcriptions', Buffer.from('--XY\r\n'), undefined, LIMIT + 1);
    expectError(answer, { status: 413, type: 'invalid_request_error', code: 'request_too_large' });
    expect(answer.headers.get('connection')).toBe('close');
  });

  it('for its length, when it has come so far', async () => {
    const answer = await fetch(`${bench.url}/v1/audio/transcriptions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'multipart/form-data; boundary=XY' },
      body: ReadableStream.from(
        (function* endless() {
          yield formOf([field('model', 'whisper-1'), file()]).subarray(0, -12);
          for (let sent = 0; sent < 3 * LIMIT; sent += MEGABYTE) yield Buffer.alloc(MEGABYTE);
        })(),
      ),
      duplex: 'half',
    } as RequestInit);
    expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([
      413,
      'request_too_large',
    ]);
    await until(() => openUploads().length === 0);
  });

  it('by its client, who leaves', async () => {
    const { hostname, port } = new URL(bench.url);
    const socket = connect(Number(port), hostname);
    const head =
      `POST /v1/audio/transcriptions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n` +
      `content-type: multipart/form-data; boundary=XY\r\ncontent-length: ${6 * MEGABYTE}\r\n\r\n`;
    socket.write(head);
    socket.write(formOf([field('model', 'whisper-1'), file(sound(2 * MEGABYTE))]).subarray(0, -12));
    await until(() => openUploads().length === 1);
    socket.destroy();
    await until(() => openUploads().length === 0);
    expect(bench.sandbox.ledger.requests).toHaveLength(0);
  });
});

describe('images', () => {
  const png = () => toFile(Buffer.from('pixels'), 'cat.png', { type: 'image/png' });

  it('are edited, one or several, by the default model', async () => {
    const one = await client.images.edit({ image: await png(), prompt: 'A hat' });
    expect(one.data?.[0]?.b64_json).toBeTypeOf('string');
    expect(lastCall()?.model).toBe('image-upstream');
    await client.images.edit({
      model: 'dall-e-2',
      image: [await png(), await png()],
      mask: await png(),
      prompt: 'A hat',
      n: 2,
    });
    expect(
      lastCall()
        ?.parts?.map(({ name }) => name)
        .toSorted(),
    ).toEqual(['image[]', 'image[]', 'mask', 'model', 'n', 'prompt']);
  });

  it('are varied', async () => {
    const answer = await client.images.createVariation({ image: await png(), response_format: 'url' });
    expect(answer.data?.[0]?.url).toMatch(/^https:/);
  });

  it('are edited in a stream', async () => {
    const stream = await client.images.edit({
      image: await png(),
      prompt: 'A hat',
      stream: true,
      partial_images: 1,
    });
    const types = [];
    for await (const { type } of stream) types.push(type);
    expect(types).toEqual(['image_edit.partial_image', 'image_edit.completed']);
  });

  it('are edited by what their URLs say, in JSON', async () => {
    const images = [{ image_url: 'https://example.com/cat.png' }];
    const headers = { authorization: `Bearer ${key}` };
    const answer = await bench.request('POST', '/v1/images/edits', { images, prompt: 'A hat' }, headers);
    expect(answer.status).toBe(200);
    expect(JSON.parse(lastCall()?.body ?? '')).toEqual({ images, prompt: 'A hat', model: 'image-upstream' });
    const missing = await bench.request('POST', '/v1/images/edits', { prompt: 'A hat' }, headers);
    expectError(missing, badRequest('missing_required_parameter', 'images'));
  });

  it.each([
    ['images/edits', [{ ...file(), name: 'image' }], badRequest('missing_required_parameter', 'prompt')],
    ['images/edits', [field('prompt', 'A hat')], badRequest('missing_required_parameter', 'image')],
    ['images/variations', [{ ...file(), name: 'image' }, field('n', '11')], badRequest('invalid_value', 'n')],
    ['images/variations', [{ ...file(), name: 'image' }, field('n', 'x')], badRequest('invalid_type', 'n')],
  ])('are refused where something is wrong (%s, %#)', async (path, parts, expected) => {
    expectError(await post(`/v1/${path}`, formOf(parts)), expected);
  });
});
