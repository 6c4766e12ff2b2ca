import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { badRequest, expectError } from '../support/expect-error.js';
import type { ExpectedError } from '../support/expect-error.js';
import { startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { rawRequest } from '../support/raw-request.js';

const CHAT = '/v1/chat/completions';
const MESSAGES = '"messages":[{"role":"user","content":"Hello!"}]';
const MEGABYTE = 1024 * 1024;

let bench: TestBench;
let key: string;

beforeAll(async () => {
  bench = await startBench({ PLLM_BODY_LIMIT_MB: '1' });
  await bench.addModel('m', 'gpt-upstream');
  key = await bench.addKey();
});
afterAll(() => bench.close());

const post = (body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  bench.request('POST', CHAT, body, { authorization: `Bearer ${key}`, ...headers });

/** A call with these members, and nothing else wrong. */
const withMembers = (members: string): string => `{"model":"m",${MESSAGES}${members ? `,${members}` : ''}}`;

describe('a body that is refused', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  const CASES: [string, string | Buffer, ExpectedError][] = [
    ['empty', '', badRequest('invalid_json')],
    ['white space', ' \n ', badRequest('invalid_json')],
    ['broken JSON', '{"model":"m",', badRequest('invalid_json')],
    ['JSON with something behind it', `${withMembers('')} x`, badRequest('invalid_json')],
    ['two objects', `${withMembers('')}${withMembers('')}`, badRequest('invalid_json')],
    ['a trailing comma', `{"model":"m",${MESSAGES},}`, badRequest('invalid_json')],
    ['a comment', `{"model":"m",/* */${MESSAGES}}`, badRequest('invalid_json')],
    ['single quotes', `{'model':'m'}`, badRequest('invalid_json')],
    ['NaN', withMembers('"temperature":NaN'), badRequest('invalid_json')],
    ['Infinity', withMembers('"temperature":Infinity'), badRequest('invalid_json')],
    ['a raw line end in a string', withMembers('"x":"a\nb"'), badRequest('invalid_json')],
    ['a byte order mark', `\ufeff${withMembers('')}`, badRequest('invalid_json')],
    ['UTF-16', Buffer.from(withMembers(''), 'utf16le'), badRequest('invalid_json')],
    ['invalid UTF-8', Buffer.from(withMembers('"x":"\xff"'), 'latin1'), badRequest('invalid_json')],
    [
      'a surrogate in UTF-8',
      Buffer.concat([Buffer.from(withMembers('"x":"').slice(0, -1)), Buffer.from('eda080227d', 'hex')]),
      badRequest('invalid_json'),
    ],
    ['an array', `[${withMembers('')}]`, badRequest('invalid_type')],
    ['a string', '"hello"', badRequest('invalid_type')],
    ['null', 'null', badRequest('invalid_type')],
    ['65 levels deep', withMembers(`"x":${nested(64)}`), badRequest('json_too_deep')],
    ['200,000 levels deep', withMembers(`"x":${nested(200_000)}`), badRequest('json_too_deep')],
    ['200,000 levels and no end', withMembers(`"x":${'['.repeat(200_000)}`), badRequest('json_too_deep')],
    ['200,000 nested arrays', nested(200_000), badRequest('json_too_deep')],
    ['the model twice', `{"model":"m",${MESSAGES},"model":"m"}`, badRequest('duplicate_parameter', 'model')],
    [
      'the model twice, once escaped',
      `{"model":"m",${MESSAGES},"\\u006dodel":"other"}`,
      badRequest('duplicate_parameter', 'model'),
    ],
    [
      'stream twice',
      withMembers('"stream":false,"stream":true'),
      badRequest('duplicate_parameter', 'stream'),
    ],
    ['messages twice', withMembers(MESSAGES), badRequest('duplicate_parameter', 'messages')],
    [
      'max_tokens twice, both escaped',
      withMembers('"max\\u005ftokens":1,"max_token\\u0073":2'),
      badRequest('duplicate_parameter', 'max_tokens'),
    ],
    [
      'a model in the prototype only',
      `{"__proto__":{"model":"m"},${MESSAGES}}`,
      badRequest('missing_required_parameter', 'model'),
    ],
  ];
  it.each(CASES)('%s', async (_, body, expected) => {
    expectError(await post(body), expected);
  });

  it('that is not there', async () => {
    const answer = await bench.request('POST', CHAT, undefined, { authorization: `Bearer ${key}` });
    expectError(answer, badRequest('invalid_json'));
  });

  it('64 levels deep is not', async () => {
    expect((await post(withMembers(`"x":${nested(63)}`))).status).toBe(200);
  });
});

describe('a parameter that is refused', () => {
  const missing = (param: string): ExpectedError => badRequest('missing_required_parameter', param);
  const type = (param: string): ExpectedError => badRequest('invalid_type', param);
  const value = (param: string): ExpectedError => badRequest('invalid_value', param);
  const CASES: [string, ExpectedError][] = [
    [`{${MESSAGES}}`, missing('model')],
    ['{}', missing('model')],
    [`{"model":null,${MESSAGES}}`, type('model')],
    [`{"model":5,${MESSAGES}}`, type('model')],
    [`{"model":["m"],${MESSAGES}}`, type('model')],
    [`{"model":"",${MESSAGES}}`, value('model')],
    ['{"model":"m"}', missing('messages')],
    ['{"model":"m","messages":null}', type('messages')],
    ['{"model":"m","messages":[]}', value('messages')],
    ['{"model":"m","messages":"hi"}', type('messages')],
    ['{"model":"m","messages":{"role":"user"}}', type('messages')],
    [withMembers('"temperature":3'), value('temperature')],
    [withMembers('"temperature":-0.1'), value('temperature')],
    [withMembers('"temperature":"x"'), type('temperature')],
    [withMembers('"temperature":"1"'), type('temperature')],
    [withMembers('"temperature":1e999'), type('temperature')],
    [withMembers('"temperature":[1]'), type('temperature')],
    [withMembers('"top_p":1.1'), value('top_p')],
    [withMembers('"top_p":-1'), value('top_p')],
    [withMembers('"presence_penalty":2.1'), value('presence_penalty')],
    [withMembers('"frequency_penalty":-2.1'), value('frequency_penalty')],
    [withMembers('"n":0'), value('n')],
    [withMembers('"n":129'), value('n')],
    [withMembers('"n":1.5'), type('n')],
    [withMembers('"max_tokens":-1'), value('max_tokens')],
    [withMembers('"max_tokens":1.5'), type('max_tokens')],
    [withMembers('"max_tokens":"10"'), type('max_tokens')],
    [withMembers('"max_completion_tokens":-1'), value('max_completion_tokens')],
    [withMembers('"stop":5'), type('stop')],
    [withMembers('"stop":["a",5]'), type('stop')],
    [withMembers('"stop":{"a":1}'), type('stop')],
    [withMembers('"stream":"yes"'), type('stream')],
    [withMembers('"stream":1'), type('stream')],
    [withMembers('"stream_options":"x"'), type('stream_options')],
    [withMembers('"stream_options":[]'), type('stream_options')],
    [withMembers('"user":5'), type('user')],
  ];
  it.each(CASES)('%s', async (body, expected) => {
    expectError(await post(body), expected);
  });
});

describe('what is accepted', () => {
  const NULLS = [
    'temperature top_p n max_tokens max_completion_tokens presence_penalty frequency_penalty stop',
    'stream stream_options user seed tools logit_bias',
  ].flatMap((names) => names.split(' '));
  const CASES: string[] = [
    NULLS.map((name) => `"${name}":null`).join(),
    '"max_tokens":0,"max_completion_tokens":0',
    '"max_tokens":5,"max_completion_tokens":7',
    '"logit_bias":{"foo":0}',
    '"tools":[{"type":"function","function":{"name":"a"}}],"functions":[{"name":"b"}],"function_call":"auto"',
    '"temperature":0,"top_p":0,"presence_penalty":-2,"frequency_penalty":2',
    '"temperature":2,"top_p":1,"presence_penalty":2,"frequency_penalty":-2',
    '"n":1.0',
    '"stop":"","user":""',
    '"stop":[]',
    '"stop":["a","b","c","d","e"]',
    '"stream":false,"stream_options":{"include_usage":true}',
    '"metadata":{"a":"b"},"store":false,"reasoning_effort":"none","modalities":["text"]',
    '"__proto__":{"stream":true},"constructor":1,"toString":2',
  ];
  it.each(CASES)('%s', async (members) => {
    const answer = await post(withMembers(members));
    expect([answer.status, answer.json?.object]).toEqual([200, 'chat.completion']);
  });

  it('leaves prototypes as they are', () => {
    expect(({} as { stream?: unknown }).stream).toBeUndefined();
  });

  it('messages of any shape, for the upstream to judge', async () => {
    for (const message of ['{}', '{"role":"user","content":[{"type":"new"}]}', '{"role":"critic"}']) {
      expect((await post(`{"model":"m","messages":[${message}]}`)).status).toBe(200);
    }
  });
});

describe('a URL that is not served', () => {
  const NOWHERE = [
    '/ /v1 /api /v2/chat/completions /chat/completions /api/chat/completions /v1/chat',
    '/v1/chat/completions/chatcmpl-1 /v1/files /v1/admin /v1/admin/nothing /v1/nothing',
    '/api/v1/nothing /api/v1/admin/nothing /V1/models /healthz /favicon.ico',
  ].flatMap((names) => names.split(' '));
  it.each(NOWHERE)('%s', async (path) => {
    for (const headers of [{}, { 'x-api-key': key }, { 'x-api-key': 'wrong' }] as Record<string, string>[]) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const answer = await bench.request(method, path, method === 'POST' ? '{}' : undefined, headers);
        expectError(answer, {
          status: 404,
          type: 'invalid_request_error',
          code: 'unknown_url',
          param: null,
          message: new RegExp(`^Invalid URL \\(${method} ${path}\\)$`),
        });
      }
    }
  });

  it('does not repeat its query', async () => {
    const answer = await bench.request('GET', '/v1/nothing?api_key=sk-secret');
    expect(answer.text).not.toContain('sk-secret');
  });

  const WRONG_METHODS: [string, string, string][] = [
    ['GET', '/v1/chat/completions', 'POST'],
    ['DELETE', '/api/v1/chat/completions', 'POST'],
    ['PUT', '/v1/chat/completions/', 'POST'],
    ['POST', '/v1/models', 'GET, HEAD'],
    ['DELETE', '/api/v1/models/a/b', 'GET, HEAD'],
    ['POST', '/health', 'GET, HEAD'],
    ['DELETE', '/ready', 'GET, HEAD'],
    ['PUT', '/v1/admin/keys', 'GET, HEAD, POST'],
    ['POST', '/v1/admin/keys/key_1', 'DELETE, GET, HEAD, PATCH'],
    ['GET', '/v1/admin/keys/key_1/rotate', 'POST'],
    ['POST', '/v1/admin/audit', 'GET, HEAD'],
  ];
  it.each(WRONG_METHODS)('%s %s is a 405 that says what is taken', async (method, path, allowed) => {
    const answer = await bench.request(method, path, method === 'GET' ? undefined : '{}');
    expectError(answer, {
      status: 405,
      type: 'invalid_request_error',
      code: 'method_not_supported',
      param: null,
    });
    expect(answer.headers.get('allow')?.split(', ').toSorted().join(', ')).toBe(allowed);
  });

  it.each(['/v1/models/%zz', '/v1/models/%', '/v1/%E0%A4%A/x', '/%c0%af'])('%s is a 400', async (path) => {
    const answer = await rawRequest(
      bench.url,
      `GET ${path} HTTP/1.1\r\nhost: x\r\nx-api-key: ${key}\r\n\r\n`,
    );
    expect([400, 404]).toContain(answer.status);
    const code = answer.status === 400 ? 'bad_request' : 'unknown_url';
    expectError(answer, { status: answer.status, type: 'invalid_request_error', code });
  });

  it('a model that is not there is a 404', async () => {
    expectError(await post(`{"model":"gpt-nothing",${MESSAGES}}`), {
      status: 404,
      type: 'invalid_request_error',
      code: 'model_not_found',
      param: null,
      message: /'gpt-nothing'/,
    });
  });

  it.each(['__proto__', 'constructor', '../m', 'M', 'm\u0000', 'm ', '*', 'x'.repeat(100_000)])(
    'nor is the model %.20j',
    async (model) => {
      const answer = await post({ model, messages: [{ role: 'user', content: 'x' }] });
      expectError(answer, { status: 404, type: 'invalid_request_error', code: 'model_not_found' });
      expect(answer.text.length).toBeLessThan(2_000);
    },
  );
});

describe('a body of the wrong size or type', () => {
  const tooLarge: ExpectedError = {
    status: 413,
    type: 'invalid_request_error',
    code: 'request_too_large',
    param: null,
  };
  const sized = (bytes: number): string => {
    const empty = withMembers('"x":""');
    return withMembers(`"x":"${'x'.repeat(bytes - empty.length)}"`);
  };
  const head = (rest: string): string =>
    `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nx-api-key: ${key}\r\ncontent-type: application/json\r\n${rest}\r\n\r\n`;
  const chunked = (body: string): string =>
    `${head('transfer-encoding: chunked')}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

  it('is taken up to the limit, with its length and without', async () => {
    const body = sized(MEGABYTE);
    expect((await post(body)).status).toBe(200);
    expect((await rawRequest(bench.url, chunked(body))).status).toBe(200);
  });

  it('is a 413 one byte beyond, with its length and without', async () => {
    const body = sized(MEGABYTE + 1);
    const sent = await rawRequest(bench.url, `${head(`content-length: ${body.length}`)}${body}`);
    expectError(sent, tooLarge);
    expectError(await rawRequest(bench.url, chunked(body)), tooLarge);
  });

  it('is a 413 before it is sent, and the connection is not kept', async () => {
    const answer = await rawRequest(bench.url, head('content-length: 99999999999'));
    expectError(answer, tooLarge);
    expect(answer.headers.get('connection')).toBe('close');
  });

  it.each(['text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', 'json', ''])(
    'is a 415 as %j',
    async (contentType) => {
      const answer = await post(withMembers(''), { 'content-type': contentType });
      expectError(answer, {
        status: 415,
        type: 'invalid_request_error',
        code: 'unsupported_media_type',
        param: null,
      });
    },
  );
});

describe('what is not HTTP', () => {
  it.each([
    ['no HTTP at all', 'HELLO\r\n\r\n', 400, 'bad_request'],
    [
      'two lengths',
      'GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
      400,
      'bad_request',
    ],
    [
      'a length and chunks',
      `POST ${CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'bad_request',
    ],
    ['no host', 'GET /health HTTP/1.1\r\n\r\n', 400, undefined],
    [
      'too many headers',
      `GET /health HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
  ])('%s', async (_, bytes, status, code) => {
    const answer = await rawRequest(bench.url, bytes);
    expect(answer.status).toBe(status);
    if (code) expectError(answer, { status, type: 'invalid_request_error', code, param: null });
  });
});
