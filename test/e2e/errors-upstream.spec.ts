import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import OpenAI, { BadRequestError, InternalServerError, NotFoundError } from 'openai';
import { expectError } from '../support/expect-error.js';
import type { ExpectedError } from '../support/expect-error.js';
import { startBench, UPSTREAM_KEY } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { freePort } from '../support/postgres-server.js';
import { startStub } from '../support/stub-upstream.js';
import type { StubUpstream } from '../support/stub-upstream.js';
import { recordOf } from '../support/records.js';

const HELLO = [{ role: 'user' as const, content: 'Hello!' }];
const CUSTOM_HEADER = 'tenant-secret-9001';

const unavailable: ExpectedError = {
  status: 503,
  type: 'service_unavailable_error',
  code: 'upstream_unavailable',
  param: null,
};
const rejected: ExpectedError = { ...unavailable, code: 'upstream_rejected' };
const timedOut: ExpectedError = { ...unavailable, code: 'upstream_timeout' };
const refused = (status: number, code: string | null, param: string | null = null): ExpectedError => ({
  status,
  type: 'invalid_request_error',
  code,
  param,
});
const limited: ExpectedError = {
  status: 429,
  type: 'rate_limit_error',
  code: 'rate_limit_exceeded',
  param: null,
  message: /^Rate limit reached for requests\.$/,
};

let bench: TestBench;
let stub: StubUpstream;
let key: string;

beforeAll(async () => {
  bench = await startBench();
  stub = await startStub();
  key = await bench.addKey();
  await bench.admin('POST', '/providers', {
    name: 'stub',
    type: 'openai-compatible',
    base_url: `${stub.url}/v1`,
    api_key: UPSTREAM_KEY,
    headers: { 'x-tenant': CUSTOM_HEADER },
  });
  await bench.admin('POST', '/providers', {
    name: 'closed',
    type: 'openai-compatible',
    base_url: `http://127.0.0.1:${await freePort()}/v1`,
  });
  await bench.admin('POST', '/models', { id: 'stubbed', targets: [{ provider: 'stub', model: 'inner' }] });
  await bench.admin('POST', '/models', { id: 'closed', targets: [{ provider: 'closed', model: 'inner' }] });
});
afterAll(async () => {
  await bench.close();
  await stub.close();
});
beforeEach(async () => {
  bench.sandbox.ledger.clear();
  await forget();
});

/** Targets that failed are asked again. */
const forget = (): Promise<unknown> => bench.admin('POST', '/system/reload');

const post = (model: string, stream = false): Promise<Answer> =>
  bench.request(
    'POST',
    '/v1/chat/completions',
    { model, messages: HELLO, stream },
    { authorization: `Bearer ${key}` },
  );

/** A model whose targets play these scripts, in this order. */
async function addModel(...scripts: string[]): Promise<string> {
  const id = scripts.join('+').replaceAll(/[^\w+.-]/g, '-');
  const targets = scripts.map((script) =>
    script === 'closed'
      ? { provider: 'closed', model: 'x' }
      : { provider: 'upstream', model: `gpt;${script}` },
  );
  const answer = await bench.request('GET', `/v1/models/${id}`, undefined, { 'x-api-key': key });
  if (answer.status === 404) await bench.admin('POST', '/models', { id, targets });
  return id;
}

function expectNoSecrets({ text, headers }: Answer): void {
  const all = [text, ...headers.values()].join('\n');
  const { host, port } = new URL(bench.sandbox.url);
  for (const secret of [UPSTREAM_KEY, CUSTOM_HEADER, host, port, new URL(stub.url).host, '127.0.0.1'])
    expect(all).not.toContain(secret);
}

describe('an upstream’s error', () => {
  const CASES: [string, ExpectedError][] = [
    ['status=400', refused(400, 'invalid_value', 'messages')],
    ['status=409', refused(409, null)],
    ['status=413', refused(413, null)],
    ['status=415', refused(415, null)],
    ['status=422', refused(422, null)],
    ['status=429', limited],
    ['status=401', rejected],
    ['status=402', rejected],
    ['status=403', rejected],
    ['status=404', rejected],
    ['status=405', rejected],
    ['status=418', rejected],
    ['status=302', rejected],
    ['status=408', timedOut],
    ['status=500', unavailable],
    ['status=502', unavailable],
    ['status=503', unavailable],
    ['status=529', unavailable],
    ['html=1', unavailable],
    ['html=1;status=404', rejected],
    ['ok_error=1', unavailable],
    ['json=bad', unavailable],
  ];
  it.each(CASES)('%s, whole and streamed', async (script, expected) => {
    const model = await addModel(script);
    for (const answer of [await post(model), await post(model, true)]) {
      expectError(answer, expected);
      expectNoSecrets(answer);
      expect(answer.headers.get('x-should-retry')).toBe(expected === rejected ? 'false' : null);
    }
  });

  it('is recorded as what the client saw', async () => {
    const check = async (
      [script, { status, code }]: [string, ExpectedError],
      stream: boolean,
    ): Promise<void> => {
      const answer = await post(await addModel(script), stream);
      const record = await recordOf(bench, answer.headers.get('x-request-id') ?? '');
      expect(record).toMatchObject({
        status: 'error',
        http_status: status,
        error_code: code ?? 'upstream_refused',
        stream,
        // Only what may be better the next time is tried again.
        attempts: code === 'upstream_unavailable' ? expect.any(Number) : 1,
      });
    };
    await Promise.all(CASES.map((one, index) => check(one, index % 2 === 0)));
  });

  it('that is its first event is a real status', async () => {
    const answer = await post(await addModel('error_first=1'), true);
    expectError(answer, unavailable);
  });

  it('that comes in the middle is one frame and the end, without [DONE]', async () => {
    const answer = await post(await addModel('error_after=3;gap=20'), true);
    expect(answer.status).toBe(200);
    const frames = answer.text.split('\n\n');
    expect(frames.pop()).toBe('');
    const { error } = JSON.parse(frames.at(-1)?.slice('data: '.length) ?? '');
    expect(Object.keys(error).toSorted()).toEqual(['code', 'message', 'param', 'type']);
    expect(error).toMatchObject({
      type: 'service_unavailable_error',
      code: 'upstream_unavailable',
      param: null,
    });
    expect(answer.text).not.toContain('[DONE]');
    expectNoSecrets(answer);
  });

  it.each(['cut=2', 'chunks=40;cut=20;split=5'])('a broken stream is the same: %s', async (script) => {
    const answer = await post(await addModel(script), true);
    expect(answer.text).toMatch(/data: \{"error":\{.*"code":"upstream_unavailable"\}\}\n\n$/);
    expect(answer.text).not.toContain('[DONE]');
    const record = await recordOf(bench, answer.headers.get('x-request-id') ?? '');
    expect(record).toMatchObject({ status: 'error', error_code: 'upstream_unavailable' });
  });

  it.each([0, 20])('a whole answer that breaks off after %i bytes is a 503', async (bytes) => {
    expectError(await post(await addModel(`cut=${bytes}`)), unavailable);
  });

  it('a refused connection is a 503 that names no address', async () => {
    for (const stream of [false, true]) {
      const answer = await post('closed', stream);
      expectError(answer, unavailable);
      expectNoSecrets(answer);
    }
  });

  it('an upstream that is too slow is a 503', async () => {
    const targets = [{ provider: 'upstream', model: 'gpt;delay=60000', timeouts: { first_byte_ms: 50 } }];
    await bench.admin('POST', '/models', { id: 'slow', targets });
    const answer = await post('slow');
    expectError(answer, timedOut);
    expectNoSecrets(answer);
  });

  it('keeps the time to come back', async () => {
    const answer = await post(await addModel('status=429;retry_after=7'));
    expectError(answer, limited);
    expect(answer.headers.get('retry-after')).toBe('7');
    expect(answer.headers.get('retry-after-ms')).toBe('7000');
    const busy = await post(await addModel('status=503;retry_after=3'));
    expectError(busy, unavailable);
    expect(busy.headers.get('retry-after')).toBe('3');
  });

  it('is what the SDK makes of it', async () => {
    const client = new OpenAI({ apiKey: key, baseURL: `${bench.url}/v1`, maxRetries: 2 });
    const ask = async (model: string): Promise<unknown> => {
      bench.sandbox.ledger.clear();
      return client.chat.completions.create({ model, messages: HELLO }).catch((error: unknown) => error);
    };
    const bad = await ask(await addModel('status=400'));
    expect(bad).toBeInstanceOf(BadRequestError);
    expect(bad).toMatchObject({
      status: 400,
      code: 'invalid_value',
      param: 'messages',
      type: 'invalid_request_error',
    });
    const unauthorized = await ask(await addModel('status=401'));
    expect(unauthorized).toBeInstanceOf(InternalServerError);
    expect(unauthorized).toMatchObject({ requestID: expect.stringMatching(/^req_/) });
    // `x-should-retry: false`: asking again cannot help.
    expect(bench.sandbox.ledger.requests).toHaveLength(1);
    const missing = await ask('gpt-nothing');
    expect(missing).toBeInstanceOf(NotFoundError);
  });
});

describe('an error that says too much', () => {
  /** The upstream tells all it knows in one member of its error. */
  async function expectHidden(status: number, member: string): Promise<void> {
    stub.answerWith({
      status,
      body: ({ headers }) => {
        const all = `${headers.authorization} ${headers['x-tenant']} ${stub.url}/v1 ${headers.host}`;
        return JSON.stringify({
          error: { message: 'no', type: 'x', param: null, code: null, [member]: all },
        });
      },
    });
    for (const stream of [false, true]) {
      const answer = await post('stubbed', stream);
      expect(answer.status).toBe(status);
      expectNoSecrets(answer);
    }
  }

  it.each([400, 422, 429])('in the message of a %i does not reach the client', async (status) => {
    await expectHidden(status, 'message');
  });

  it.each(['code', 'param'])('in the %s of a 400 does not reach the client', async (member) => {
    await expectHidden(400, member);
  });

  it('in the middle of a stream does not reach the client', async () => {
    stub.answerWith({
      type: 'text/event-stream',
      body: ({ headers }) => {
        const error = {
          type: 'invalid_request_error',
          message: `${headers.authorization} at ${headers.host}`,
        };
        return `data: {"choices":[{"index":0,"delta":{}}]}\n\ndata: ${JSON.stringify({ error })}\n\n`;
      },
    });
    const answer = await post('stubbed', true);
    expect(answer.text).toContain('"error"');
    expectNoSecrets(answer);
  });

  const SHAPES: [string, string, RegExp][] = [
    [
      'OpenAI’s',
      '{"error":{"message":"too long","code":"context_length_exceeded","param":"messages"}}',
      /^too long$/,
    ],
    ['a text', '{"error":"too long"}', /^too long$/],
    ['vLLM’s', '{"object":"error","message":"too long","code":400}', /^too long$/],
    ['FastAPI’s', '{"detail":"too long"}', /^too long$/],
    ['HTML', '<html>too long</html>', /^The provider answered with status 400\.$/],
    ['nothing', '', /status 400/],
    ['numbers where texts belong', '{"error":{"message":5,"code":7,"param":[],"type":{}}}', /status 400/],
  ];
  it.each(SHAPES)('comes out in one shape: %s', async (_, body, message) => {
    stub.answerWith({ status: 400, body });
    const answer = await post('stubbed');
    const code = body.includes('context') ? 'context_length_exceeded' : null;
    expectError(answer, { ...refused(400, code, code && 'messages'), message });
  });

  it('keeps little of what is long', async () => {
    stub.answerWith({ status: 400, body: JSON.stringify({ error: { message: 'x'.repeat(1_000_000) } }) });
    expect((await post('stubbed')).text.length).toBeLessThan(10_000);
  });
});

describe('the second target', () => {
  const RETRYABLE = [
    'status=401 status=402 status=403 status=404 status=408 status=429 status=500 status=502',
    'status=503 html=1 ok_error=1 json=bad closed',
  ].flatMap((names) => names.split(' '));
  it.each(RETRYABLE)('is asked after %s', async (script) => {
    const model = await addModel(script, 'size=9');
    for (const stream of [false, true]) {
      await forget();
      const answer = await post(model, stream);
      expect([answer.status, answer.headers.get('x-pllm-attempts')]).toEqual([200, '2']);
      expect(answer.text).toContain(`"model":"${model}"`);
    }
  });

  it('is the one that is recorded', async () => {
    const answer = await post(await addModel('status=500', 'size=9'));
    const record = await recordOf(bench, answer.headers.get('x-request-id') ?? '');
    expect(record).toMatchObject({ status: 'ok', attempts: 2, upstream_model: 'gpt;size=9' });
  });

  it('is asked after an error in the first event', async () => {
    const answer = await post(await addModel('error_first=1', 'size=9'), true);
    expect([answer.status, answer.headers.get('x-pllm-attempts')]).toEqual([200, '2']);
    expect(answer.text).toMatch(/data: \[DONE\]\n\n$/);
  });

  it.each(['status=400', 'status=409', 'status=413', 'status=415', 'status=422'])(
    'is not asked after %s',
    async (script) => {
      const answer = await post(await addModel(script, 'size=9'));
      expect(answer.status).toBe(Number(script.slice('status='.length)));
      expect(bench.sandbox.ledger.requests).toHaveLength(1);
    },
  );

  it('is not asked once the client has seen something', async () => {
    const answer = await post(await addModel('error_after=1;gap=20', 'size=9'), true);
    expect(answer.text).toContain('"code":"upstream_unavailable"');
    expect(bench.sandbox.ledger.requests).toHaveLength(1);
  });

  it.each<[string, string, ExpectedError]>([
    ['status=500', 'status=401', rejected],
    ['status=401', 'status=500', unavailable],
    ['status=429', 'status=500', limited],
    ['status=500', 'status=429', limited],
    ['status=500', 'status=400', refused(400, 'invalid_value', 'messages')],
  ])('behind %s fails with %s too: the last error, or the rate limit', async (first, second, expected) => {
    expectError(await post(await addModel(first, second)), expected);
  });

  it('is chosen by priority, then by its place in the list', async () => {
    const target = (model: string, priority?: number) => ({ provider: 'upstream', model, priority });
    const targets = [target('third', 2), target('second', 1), target('first'), target('fourth', 2)];
    const scripts = targets.map(({ model, ...rest }) => ({ ...rest, model: `${model};status=500` }));
    await bench.admin('POST', '/models', { id: 'ordered', targets: scripts, retry: { attempts: 4 } });
    await post('ordered');
    const asked = bench.sandbox.ledger.requests.map(({ model }) => model.split(';')[0]);
    expect(asked).toEqual(['first', 'second', 'third', 'fourth']);
  });
});
