import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { badRequest, expectError } from '../support/expect-error.js';
import { MASTER_KEY, startBench, UPSTREAM_KEY } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { rawRequest } from '../support/raw-request.js';
import { startStub } from '../support/stub-upstream.js';
import type { StubUpstream } from '../support/stub-upstream.js';

const CHAT = '/v1/chat/completions';
const SPEECH = '/v1/audio/speech';
const SPEECH_TO_TEXT = '/v1/audio/transcriptions';

let bench: TestBench;
let stub: StubUpstream;
let key: string;

/** Answers every connection with the same bytes, which no HTTP library would write. */
let crooked: { server: Server; bytes: string; sockets: Set<Socket> };

async function startCrooked(): Promise<typeof crooked> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(crooked.bytes, 'latin1'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, bytes: '', sockets };
}

async function addProvider(name: string, baseUrl: string): Promise<void> {
  await bench.admin('POST', '/providers', {
    name,
    type: 'openai-compatible',
    base_url: baseUrl,
    api_key: UPSTREAM_KEY,
  });
  await bench.admin('POST', '/models', { id: name, targets: [{ provider: name, model: 'inner' }] });
}

beforeAll(async () => {
  bench = await startBench();
  stub = await startStub();
  crooked = await startCrooked();
  key = await bench.addKey();
  await addProvider('stub', `${stub.url}/v1`);
  const { port } = crooked.server.address() as AddressInfo;
  await addProvider('crooked', `http://127.0.0.1:${port}/v1`);
});
afterAll(async () => {
  await bench.close();
  await stub.close();
  for (const socket of crooked.sockets) socket.destroy();
  crooked.server.close();
});

const COMPLETION = JSON.stringify({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'inner',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
});
const EVENTS = `data: ${COMPLETION.replace('chat.completion', 'chat.completion.chunk').replace('message', 'delta')}\n\ndata: [DONE]\n\n`;
const FORM =
  '--XY\r\ncontent-disposition: form-data; name="model"\r\n\r\nstub\r\n' +
  '--XY\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF\r\n--XY--\r\n';

/** A call of each kind, and an answer that a provider gives to it. */
const KINDS = {
  whole: [
    CHAT,
    '{"model":"stub","messages":[{"role":"user","content":"x"}]}',
    'application/json',
    COMPLETION,
  ],
  stream: [
    CHAT,
    '{"model":"stub","messages":[{"role":"user","content":"x"}],"stream":true}',
    'text/event-stream',
    EVENTS,
  ],
  speech: [SPEECH, '{"model":"stub","input":"x","voice":"alloy"}', 'audio/mpeg', 'ID3…'],
  upload: [SPEECH_TO_TEXT, FORM, 'application/json', '{"text":"Hi"}'],
} as const;
type Kind = keyof typeof KINDS;
const kinds = Object.keys(KINDS) as Kind[];

function send(kind: Kind, headers: Record<string, string> = {}) {
  const [path, body] = KINDS[kind];
  const type = kind === 'upload' ? 'multipart/form-data; boundary=XY' : 'application/json';
  return bench.request('POST', path, body, {
    authorization: `Bearer ${key}`,
    'content-type': type,
    ...headers,
  });
}

function answerWith(kind: Kind, headers: Record<string, string | string[]> = {}, status = 200): void {
  const [, , type, body] = KINDS[kind];
  stub.answerWith({ status, type, headers, body });
}

describe('what a client sends', () => {
  const MARK = 'of-the-client';
  const SENT: Record<string, string> = {
    cookie: `session=${MARK}`,
    'x-api-key': MARK,
    'api-key': MARK,
    'x-goog-api-key': MARK,
    'proxy-authorization': `Basic ${MARK}`,
    'x-forwarded-for': `10.0.0.1, ${MARK}`,
    'x-forwarded-host': MARK,
    'x-forwarded-proto': MARK,
    forwarded: `for=${MARK}`,
    'x-real-ip': MARK,
    via: `1.1 ${MARK}`,
    referer: `https://${MARK}.example/`,
    origin: `https://${MARK}.example`,
    'user-agent': MARK,
    'accept-language': MARK,
    'openai-organization': MARK,
    'openai-project': MARK,
    'x-stainless-lang': MARK,
    'x-stainless-retry-count': MARK,
    'x-client-request-id': MARK,
    'x-request-id': MARK,
    traceparent: MARK,
    'x-own': MARK,
    te: 'trailers',
    'x-tenant': MARK,
    'idempotency-key': MARK,
    authority: MARK,
  };
  const FORWARDED = ['host', 'connection', 'accept', 'content-type', 'content-length', 'accept-encoding'];

  it.each(kinds)('ends at the gateway: %s', async (kind) => {
    answerWith(kind);
    const { status } = await send(kind, SENT);
    expect(status).toBe(200);
    const { rawHeaders, headers } = stub.last;
    expect(rawHeaders.join('\n')).not.toContain(MARK);
    expect(rawHeaders.join('\n')).not.toContain(key);
    const names = new Set(rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()));
    expect([...names].toSorted()).toEqual([...FORWARDED, 'authorization', 'user-agent'].toSorted());
    expect([headers.host, headers.authorization]).toEqual([new URL(stub.url).host, `Bearer ${UPSTREAM_KEY}`]);
  });

  it('in its query does too', async () => {
    answerWith('whole');
    const [, body] = KINDS.whole;
    const authorization = { authorization: `Bearer ${key}` };
    await bench.request('POST', `${CHAT}?api-version=1&key=${MARK}`, body, authorization);
    expect(stub.last.url).toBe('/v1/chat/completions');
  });
});

describe('what a provider sends', () => {
  const MARK = 'of-the-provider';
  const SENT: Record<string, string | string[]> = {
    'set-cookie': [`a=${MARK}`, `b=${MARK}`],
    server: MARK,
    'x-powered-by': MARK,
    'proxy-authenticate': `Basic realm="${MARK}"`,
    'www-authenticate': `Bearer realm="${MARK}"`,
    'strict-transport-security': 'max-age=1',
    'alt-svc': 'h3=":443"',
    upgrade: 'h2c',
    'access-control-allow-origin': `https://${MARK}.example`,
    'access-control-allow-credentials': 'true',
    'content-security-policy': MARK,
    'x-request-id': MARK,
    'openai-organization': MARK,
    'x-ratelimit-remaining-requests': MARK,
    location: `https://${MARK}.example/`,
    link: `<https://${MARK}.example>`,
    'x-own': MARK,
    'x-pllm-provider': MARK,
    trailer: 'x-own',
    'keep-alive': 'timeout=999',
    'clear-site-data': '"*"',
  };
  const OWN =
    /^(connection|content-(length|type)|date|keep-alive|transfer-encoding|cache-control|x-accel-buffering|retry-after|x-should-retry|x-request-id|x-pllm-(model|provider|attempts|overhead-ms))$/;

  it.each(kinds.flatMap((kind) => [200, 400, 429, 500, 302].map((status) => [kind, status] as const)))(
    'does not come back: %s, %i',
    async (kind, status) => {
      answerWith(kind, SENT, status);
      const { headers } = await send(kind);
      expect(JSON.stringify([...headers])).not.toContain(MARK);
      expect([...headers.keys()].filter((name) => !OWN.test(name))).toEqual([]);
      expect(headers.get('keep-alive')).not.toBe('timeout=999');
    },
  );

  it.each([301, 302, 303, 307, 308])(
    'as a redirect is not followed, least of all with a key: %i',
    async (status) => {
      bench.sandbox.ledger.clear();
      answerWith('whole', { location: `${bench.sandbox.url}/v1/chat/completions` }, status);
      const answer = await send('whole');
      expectError(answer, { status: 503, type: 'service_unavailable_error', code: 'upstream_rejected' });
      expect(answer.text).not.toContain('127.0.0.1');
      expect(bench.sandbox.ledger.requests).toHaveLength(0);
    },
  );
});

describe('what no header may hold', () => {
  beforeEach(() => answerWith('whole'));
  const head = (lines: string): string =>
    `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n${lines}`;
  const withBody = (lines: string, body: string = KINDS.whole[1]): Buffer =>
    Buffer.from(
      `${head(lines)}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      'latin1',
    );
  const EVIL = [
    'a\r\nx-evil: 1',
    'a\nx-evil: 1',
    'a\rx-evil: 1',
    'a\0x-evil: 1',
    'a\u2028x-evil: 1',
    'a\u560d\u560ax-evil: 1',
  ];

  it.each(EVIL.map((text) => [JSON.stringify(text), text]))(
    'is not added by a model’s name: %s',
    async (_, model) => {
      await bench
        .admin('POST', '/models', { id: 'any*', targets: [{ provider: 'stub', model: 'inner' }] })
        .catch(() => undefined);
      for (const name of [model, `any${model}`]) {
        const body = JSON.stringify({ model: name, messages: [{ role: 'user', content: 'x' }] });
        const answer = await bench.request('POST', CHAT, body, { authorization: `Bearer ${key}` });
        expect(answer.status).toBeLessThan(500);
        expect(answer.headers.get('x-evil')).toBeNull();
        const shown = await bench.request('GET', `/v1/models/${encodeURIComponent(name)}`, undefined, {
          authorization: `Bearer ${key}`,
        });
        expect([200, 404, 400]).toContain(shown.status);
        expect(shown.headers.get('x-evil')).toBeNull();
      }
    },
  );

  it.each(['\r', '\n', '\0', '\x0b', '\x1f', '\x7f'])(
    'is not added by a request’s id: %j',
    async (character) => {
      for (const name of ['x-client-request-id', 'x-request-id', 'origin']) {
        const answer = await rawRequest(bench.url, withBody(`${name}: a${character}x-evil: 1\r\n`));
        expect(answer.headers.get('x-evil')).toBeNull();
        expect(answer.headerLines.filter((line) => line.startsWith('x-evil'))).toEqual([]);
      }
    },
  );

  it('a request’s id comes back as it was sent, up to a length', async () => {
    for (const [sent, echoed] of [
      ['mine-1', 'mine-1'],
      ['größe\t!', 'größe\t!'],
      ['x'.repeat(600), 'x'.repeat(512)],
    ] as const) {
      const answer = await rawRequest(bench.url, withBody(`x-client-request-id: ${sent}\r\n`));
      expect(answer.headerLines).toContain(`x-client-request-id: ${echoed}`);
      expect(answer.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
    }
  });

  it.each(['a\r\nx-evil: 1', 'a"\r\nx-evil: 1\r\n\r\nmore', 'a%0d%0ax-evil: 1', 'a\0b', 'ü\u2028".wav'])(
    'is not added by a file’s name: %j',
    async (name) => {
      answerWith('upload');
      const form = FORM.replace('a.wav', name);
      const answer = await bench.request('POST', SPEECH_TO_TEXT, form, {
        authorization: `Bearer ${key}`,
        'content-type': 'multipart/form-data; boundary=XY',
      });
      expect([200, 400]).toContain(answer.status);
      expect(answer.headers.get('x-evil')).toBeNull();
      if (answer.status === 200) expect(stub.last.headers['x-evil']).toBeUndefined();
    },
  );

  it.each([
    { headers: { 'x-own': 'a\r\nx-evil: 1' } },
    { headers: { 'x-own': 'a\nb' } },
    { headers: { 'x-own\r\nx-evil': '1' } },
    { headers: { 'x own': '1' } },
    { headers: { host: 'evil.example' } },
    { headers: { 'content-length': '0' } },
    { headers: { 'transfer-encoding': 'chunked' } },
    { api_key: 'a\r\nx-evil: 1' },
    { api_key: 'a\0b' },
    { base_url: 'http://127.0.0.1/v1\r\nx-evil: 1' },
    { base_url: 'http://user:word@127.0.0.1/v1' },
    { base_url: 'ftp://127.0.0.1/v1' },
    { base_url: 'http://127.0.0.1/v1#x' },
  ])('is not taken from an operator for a provider: %j', async (fields) => {
    const master = await bench.addKey({ role: 'admin' });
    const body = { name: 'evil', type: 'openai-compatible', base_url: 'http://127.0.0.1:1/v1', ...fields };
    const answer = await bench.request('POST', '/v1/admin/providers', body, {
      authorization: `Bearer ${master}`,
    });
    expect([answer.status, answer.json.error?.type]).toEqual([400, 'invalid_request_error']);
  });

  const BAD_HEADS = [
    'content-type: application/json\rx-evil: 1',
    'content-type: application/json\nx-evil: 1',
    'content-type: application/json\0',
    'content-type: application/json\x7f',
    'content-type: application/json\x01',
    'content-type: audio/\xff\xfe',
    'content-type : application/json',
    'x-own: a\r\n folded: 1',
    'retry-after: 1\x01',
    'content-type: \x80',
  ];
  it.each(
    BAD_HEADS.flatMap((line) =>
      (['whole', 'stream', 'speech'] as const).map((kind) => [line, kind] as const),
    ),
  )('is not added by what a provider answers: %j, %s', async (line, kind) => {
    const [path, body, , answerBody] = KINDS[kind];
    const length = Buffer.byteLength(answerBody, 'latin1');
    for (const status of [200, 429]) {
      crooked.bytes = `HTTP/1.1 ${status} x\r\n${line}\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n${answerBody}`;
      const answer = await bench.request('POST', path, body.replace('stub', 'crooked'), {
        authorization: `Bearer ${key}`,
      });
      expect([200, 429, 503]).toContain(answer.status);
      expect(answer.headers.get('x-evil')).toBeNull();
      expect(answer.text).not.toContain('127.0.0.1');
    }
  });
});

const MASTER = { authorization: `Bearer ${MASTER_KEY}` };

describe('a provider at a forbidden address', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://2852039166/v1',
    'http://[fd00:ec2::254]/v1',
    'http://[::ffff:a9fe:a9fe]/v1',
    'https://metadata.google.internal/v1',
    'http://100.100.100.200/v1',
  ])('is refused at once: %s', async (base_url) => {
    const provider = { name: 'forbidden', type: 'openai', base_url };
    const refused = badRequest('invalid_value', 'base_url');
    expectError(await bench.request('POST', '/v1/admin/providers', provider, MASTER), refused);
    const { data } = await bench.admin('GET', '/providers');
    const path = `/v1/admin/providers/${data[0].id}`;
    expectError(await bench.request('PATCH', path, { base_url }, MASTER), refused);
  });

  it('is any on this machine, where those are denied: at once by its address, and by its name when it is dialled', async () => {
    const strict = await startBench({ PLLM_PRIVATE_UPSTREAMS: 'deny' }, 'localhost');
    const provider = { name: 'private', type: 'openai', base_url: strict.sandbox.url };
    const refused = await strict.request('POST', '/v1/admin/providers', provider, MASTER);
    expectError(refused, badRequest('invalid_value', 'base_url'));
    expect(refused.json.error.message).toContain('PLLM_PRIVATE_UPSTREAMS');
    await strict.addModel('m', 'gpt-upstream');
    const body = { model: 'm', messages: [{ role: 'user', content: 'x' }] };
    const authorization = { authorization: `Bearer ${await strict.addKey()}` };
    const answer = await strict.request('POST', CHAT, body, authorization);
    expectError(answer, { status: 503, type: 'service_unavailable_error', code: 'upstream_rejected' });
    const { data } = await strict.admin('GET', '/providers');
    const test = await strict
      .admin('POST', `/providers/${data[0].id}/test`, {})
      .catch((error: Error) => error);
    expect(JSON.stringify(test)).not.toContain('"ok":true');
    expect(strict.sandbox.ledger.requests).toHaveLength(0);
    await strict.close();
  });
});
