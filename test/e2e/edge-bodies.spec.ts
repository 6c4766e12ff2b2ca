import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import * as zlib from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { badRequest, expectError } from '../support/expect-error.js';
import { startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { rawRequest } from '../support/raw-request.js';

const MEGABYTE = 1024 * 1024;
const CHAT = '/v1/chat/completions';
const SPEECH_TO_TEXT = '/v1/audio/transcriptions';

let bench: TestBench;
let key: string;

beforeAll(async () => {
  bench = await startBench({ PLLM_BODY_LIMIT_MB: '1', PLLM_UPLOAD_LIMIT_MB: '2' });
  await bench.addModel('m', 'gpt-upstream');
  await bench.addModel('whisper', 'whisper-upstream');
  key = await bench.addKey();
});
afterAll(() => bench.close());
beforeEach(() => bench.sandbox.ledger.clear());

const JSON_BODY = Buffer.from('{"model":"m","messages":[{"role":"user","content":"Größe 1.0"}],"seed":1.0}');
const BOUNDARY = 'XY';

function formOf(file: Buffer): Buffer {
  const part = (name: string) => `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"`;
  return Buffer.concat([
    Buffer.from(`${part('model')}\r\n\r\nwhisper\r\n${part('file')}; filename="a.wav"\r\n\r\n`),
    file,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
}

function post(path: string, body: Buffer, headers: Record<string, string>): Promise<Answer> {
  const type = path === CHAT ? 'application/json' : `multipart/form-data; boundary=${BOUNDARY}`;
  return bench.request('POST', path, body, {
    authorization: `Bearer ${key}`,
    'content-type': type,
    ...headers,
  });
}

const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Buffer) => Buffer };

const ENCODERS: [string, (bytes: Buffer) => Buffer][] = [
  ['gzip', (bytes) => zlib.gzipSync(bytes)],
  ['GZip', (bytes) => zlib.gzipSync(bytes)],
  ['x-gzip', (bytes) => zlib.gzipSync(bytes)],
  ['deflate', (bytes) => zlib.deflateSync(bytes)],
  ['br', (bytes) => zlib.brotliCompressSync(bytes)],
  ['identity', (bytes) => bytes],
  ...(zstdCompressSync ? [['zstd', zstdCompressSync] as [string, (bytes: Buffer) => Buffer]] : []),
];

describe('a compressed body', () => {
  it.each(ENCODERS)('is read: %s', async (encoding, encode) => {
    const answer = await post(CHAT, encode(JSON_BODY), { 'content-encoding': encoding });
    expect([answer.status, answer.text.includes('chat.completion')]).toEqual([200, true]);
    const [seen] = bench.sandbox.ledger.requests;
    expect(seen?.body).toBe(JSON_BODY.toString().replace('"m"', '"gpt-upstream"'));
    expect(seen?.headers['content-encoding']).toBeUndefined();
  });

  it.each(ENCODERS)('is read when it is a form: %s', async (encoding, encode) => {
    const file = randomBytes(300_000);
    const answer = await post(SPEECH_TO_TEXT, encode(formOf(file)), { 'content-encoding': encoding });
    expect(answer.status).toBe(200);
    const [seen] = bench.sandbox.ledger.requests;
    expect(seen?.parts?.find(({ name }) => name === 'file')).toMatchObject({
      length: file.length,
      sha256: createHash('sha256').update(file).digest('hex'),
    });
  });

  const broken: [string, string, Buffer][] = [
    ['no gzip at all', 'gzip', JSON_BODY],
    ['gzip that breaks off', 'gzip', zlib.gzipSync(JSON_BODY).subarray(0, -9)],
    [
      'gzip with a wrong sum',
      'gzip',
      Buffer.concat([zlib.gzipSync(JSON_BODY).subarray(0, -8), randomBytes(8)]),
    ],
    ['no deflate', 'deflate', JSON_BODY],
    ['no brotli', 'br', Buffer.concat([Buffer.from([0xff, 0xff]), JSON_BODY])],
    ['brotli that breaks off', 'br', zlib.brotliCompressSync(JSON_BODY).subarray(0, -3)],
    ['nothing', 'gzip', Buffer.alloc(0)],
  ];
  it.each(broken)('that is not what it says is a 400: %s', async (_, encoding, bytes) => {
    for (const path of [CHAT, SPEECH_TO_TEXT]) {
      const answer = await post(path, bytes, { 'content-encoding': encoding });
      expect([path, answer.status]).toEqual([path, 400]);
      expect(Object.keys(answer.json.error)).toEqual(['message', 'type', 'param', 'code']);
    }
    expect(bench.sandbox.ledger.requests).toHaveLength(0);
  });

  it.each(['compress', 'gzip, gzip', 'gzip;q=1', 'constructor', '*', 'aws-chunked'])(
    'in an encoding that is not known is a 415: %s',
    async (encoding) => {
      for (const path of [CHAT, SPEECH_TO_TEXT]) {
        expectError(await post(path, zlib.gzipSync(JSON_BODY), { 'content-encoding': encoding }), {
          status: 415,
          type: 'invalid_request_error',
          code: 'unsupported_media_type',
        });
      }
    },
  );

  it.each([
    ['gzip', zlib.gzipSync(Buffer.alloc(600 * MEGABYTE, ' '))],
    ['br', zlib.brotliCompressSync(Buffer.alloc(600 * MEGABYTE, ' '))],
  ])('that is a bomb is refused, and not decoded to its end: %s', async (encoding, bomb) => {
    expect(bomb.length).toBeLessThan(MEGABYTE);
    for (const path of [CHAT, SPEECH_TO_TEXT]) {
      const before = process.memoryUsage().rss;
      const decoded = decodedBytes();
      const answer = await post(path, bomb, { 'content-encoding': encoding });
      expectError(answer, { status: 413, type: 'invalid_request_error', code: 'request_too_large' });
      expect(decoded()).toBeLessThan(32 * MEGABYTE);
      expect(process.memoryUsage().rss - before).toBeLessThan(300 * MEGABYTE);
    }
    expect(bench.sandbox.ledger.requests).toHaveLength(0);
  });

  it('is as large as it is decoded', async () => {
    const fits = Buffer.concat([JSON_BODY, Buffer.alloc(MEGABYTE - JSON_BODY.length, ' ')]);
    const encoded = { 'content-encoding': 'gzip' };
    expect((await post(CHAT, zlib.gzipSync(fits), encoded)).status).toBe(200);
    const over = Buffer.concat([fits, Buffer.from(' ')]);
    expect((await post(CHAT, zlib.gzipSync(over), encoded)).status).toBe(413);
  });
});

/** Counts what comes out of zlib from now on. */
function decodedBytes(): () => number {
  let bytes = 0;
  const prototypes = [zlib.Gunzip, zlib.BrotliDecompress].map(
    (Decoder) => (Decoder as unknown as { prototype: { push(chunk: Buffer | null): boolean } }).prototype,
  );
  const restores = prototypes.map((prototype) => {
    const { push } = prototype;
    prototype.push = function (chunk) {
      bytes += chunk?.length ?? 0;
      return push.call(this, chunk);
    };
    return () => void (prototype.push = push);
  });
  return () => {
    for (const restore of restores) restore();
    return bytes;
  };
}

describe('a body of the largest size', () => {
  const sized = (bytes: number): Buffer =>
    Buffer.concat([JSON_BODY, Buffer.alloc(bytes - JSON_BODY.length, ' ')]);

  it('is taken, and one byte more is a 413', async () => {
    expect((await post(CHAT, sized(MEGABYTE), {})).status).toBe(200);
    const head = `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n`;
    // Not a byte of it is sent: it is refused unread.
    const unread = await rawRequest(bench.url, `${head}content-length: ${MEGABYTE + 1}\r\n\r\n`);
    expect([unread.status, unread.headers.get('connection')]).toEqual([413, 'close']);
    const expecting = `${head}expect: 100-continue\r\ncontent-length: ${MEGABYTE + 1}\r\n\r\n`;
    expect((await rawRequest(bench.url, expecting)).status).toBe(413);
    const one = Buffer.concat([
      Buffer.from(`${head}transfer-encoding: chunked\r\n\r\n${(MEGABYTE + 1).toString(16)}\r\n`),
      sized(MEGABYTE + 1),
    ]);
    // Its end never comes: it is refused at the limit.
    const chunked = await rawRequest(bench.url, one);
    expect([chunked.status, chunked.headers.get('connection')]).toEqual([413, 'close']);
    expect(bench.sandbox.ledger.requests).toHaveLength(1);
  });

  it('as a form too', async () => {
    const frame = formOf(Buffer.alloc(0)).length;
    const form = formOf(Buffer.alloc(2 * MEGABYTE - frame));
    expect((await post(SPEECH_TO_TEXT, form, {})).status).toBe(200);
    const head =
      `POST ${SPEECH_TO_TEXT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n` +
      `content-type: multipart/form-data; boundary=${BOUNDARY}\r\n`;
    const unread = await rawRequest(bench.url, `${head}content-length: ${form.length + 1}\r\n\r\n`);
    expect([unread.status, unread.headers.get('connection')]).toEqual([413, 'close']);
    const over = formOf(Buffer.alloc(2 * MEGABYTE - frame + 1));
    const chunks = `${head}transfer-encoding: chunked\r\n\r\n${over.length.toString(16)}\r\n`;
    const chunked = await rawRequest(bench.url, Buffer.concat([Buffer.from(chunks), over]));
    expect([chunked.status, chunked.headers.get('connection')]).toEqual([413, 'close']);
  });

  it('beyond it, a client that sends on for ever is cut off', async () => {
    const { hostname, port } = new URL(bench.url);
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.on('data', (piece) => (text += piece.toString()));
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(
      `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n` +
        'transfer-encoding: chunked\r\n\r\n',
    );
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, ' '), Buffer.from('\r\n')]);
    const sending = setInterval(() => void socket.write(chunk), 5);
    await closed;
    clearInterval(sending);
    expect(text).toMatch(/^HTTP\/1\.1 413 [^]*request_too_large/);
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});

describe('a content type', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'APPLICATION/JSON',
    'Application/Json ; Charset="utf-8"',
    'application/json;',
    'application/json; odata=verbose; x="a;b"',
    'application/vnd.api+json',
  ])('is JSON: %s', async (type) => {
    expect((await post(CHAT, JSON_BODY, { 'content-type': type })).status).toBe(200);
  });

  it.each([
    'text/plain',
    'text/json',
    'application/x-www-form-urlencoded',
    'application/jsonx',
    'application/json-patch',
    'application/json/x',
    'application/',
    'json',
    '*/*',
    'application/json, text/plain',
    'multipart/form-data; boundary=XY',
    'multipart/mixed; boundary=XY',
  ])('is not JSON: %s', async (type) => {
    const answer = await post(CHAT, JSON_BODY, { 'content-type': type });
    expectError(answer, { status: 415, type: 'invalid_request_error', code: 'unsupported_media_type' });
  });

  it('is needed with a body', async () => {
    const head = `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n`;
    const request = `${head}content-length: ${JSON_BODY.length}\r\n\r\n${JSON_BODY.toString('latin1')}`;
    expect((await rawRequest(bench.url, Buffer.from(request, 'latin1'))).status).toBe(415);
    expectError(await bench.request('POST', CHAT, undefined, { authorization: `Bearer ${key}` }), {
      ...badRequest('invalid_json'),
    });
  });

  it('of a form is written anew for the provider, by the boundary that was read', async () => {
    for (const [given, sent] of [
      ['multipart/form-data; boundary=XY', 'multipart/form-data; boundary=XY'],
      ['Multipart/Form-Data; charset=utf-8; boundary="XY"', 'multipart/form-data; boundary=XY'],
      ['multipart/form-data; boundary=XY; boundary=other', 'multipart/form-data; boundary=XY'],
    ] as const) {
      bench.sandbox.ledger.clear();
      const answer = await post(SPEECH_TO_TEXT, formOf(Buffer.from('x')), { 'content-type': given });
      expect([given, answer.status]).toEqual([given, 200]);
      expect(bench.sandbox.ledger.requests[0]?.headers['content-type']).toBe(sent);
    }
  });
});

describe('what a client would like to get', () => {
  it.each([
    'application/json',
    'text/event-stream',
    'application/octet-stream',
    'text/html, */*;q=0.1',
    'no/thing',
    'garbage;;;',
    '',
  ])('is never a reason to refuse: %s', async (accept) => {
    expect((await post(CHAT, JSON_BODY, { accept })).status).toBe(200);
    const list = await bench.request('GET', '/v1/models', undefined, {
      authorization: `Bearer ${key}`,
      accept,
    });
    expect([list.status, list.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
  });
});

describe('a method that a URL does not take', () => {
  it.each([
    ['GET', CHAT, 'POST'],
    ['PUT', CHAT, 'POST'],
    ['DELETE', '/api/v1/embeddings', 'POST'],
    ['POST', '/v1/models', 'GET, HEAD'],
    ['POST', '/v1/models/m', 'GET, HEAD'],
    ['PATCH', '/health', 'GET, HEAD'],
    ['OPTIONS', '//v1/chat/completions/', 'POST'],
  ])('is a 405 that names those it does: %s %s', async (method, path, allow) => {
    const answer = await bench.request(method, path, undefined, { authorization: `Bearer ${key}` });
    expectError(answer, { status: 405, type: 'invalid_request_error', code: 'method_not_supported' });
    expect(answer.headers.get('allow')?.split(', ').toSorted().join(', ')).toBe(allow);
  });
});
