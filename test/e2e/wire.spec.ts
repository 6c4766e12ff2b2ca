import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBench, UPSTREAM_KEY } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { rawRequest } from '../support/raw-request.js';
import type { RawAnswer } from '../support/raw-request.js';
import { readEvents } from '../support/read-events.js';
import { startStub } from '../support/stub-upstream.js';
import type { StubUpstream } from '../support/stub-upstream.js';

const MESSAGES = '"messages":[{"role":"user","content":"Hello!"}]';
const PREFIX = '/v1/chat/completions';

let bench: TestBench;
let stub: StubUpstream;
let key: string;

beforeAll(async () => {
  bench = await startBench();
  stub = await startStub();
  await bench.addModel('m', 'gpt-upstream');
  await bench.admin('POST', '/providers', {
    name: 'stub',
    type: 'openai-compatible',
    base_url: `${stub.url}/some/where/v1/`,
    headers: { 'x-tenant': 'blue', 'X-Mixed-Case': 'kept as is; = "quoted"' },
  });
  await bench.admin('POST', '/models', { id: 'stubbed', targets: [{ provider: 'stub', model: 'inner' }] });
  key = await bench.addKey();
});
afterAll(async () => {
  await bench.close();
  await stub.close();
});

const post = (body: string, headers: Record<string, string> = {}): Promise<Answer> =>
  bench.request('POST', PREFIX, body, { authorization: `Bearer ${key}`, ...headers });

/** What the upstream saw of the last call. */
const seen = () => {
  const entry = bench.sandbox.ledger.requests.at(-1);
  if (!entry) throw new Error('Nothing came.');
  return entry;
};

/** Sends a body and gives the bytes that reached the upstream. */
async function relayed(body: string): Promise<string> {
  const answer = await post(body);
  expect(answer.text).toContain('"choices"');
  return seen().body;
}

describe('the request', () => {
  const EXACT: [string, string][] = [
    ['a negative 53-bit seed', `{"model":"m",${MESSAGES},"seed":-9007199254740991}`],
    ['a 64-bit seed', `{"model":"m",${MESSAGES},"seed":9223372036854775807}`],
    ['numbers in their spelling', `{"model":"m",${MESSAGES},"temperature":1.0,"x":1e-7,"y":-0,"z":1E+2}`],
    ['digits beyond a double', `{"model":"m",${MESSAGES},"x":0.1000000000000000055511151231257827}`],
    ['order of members', `{"zeta":1,${MESSAGES},"alpha":2,"model":"m","10":3,"2":4}`],
    ['white space', `\n{ "model"\t:\r\n "m" , ${MESSAGES} ,\n\n "x" : [ 1 ,2 ] }\n `],
    ['unicode as it is', `{"model":"m",${MESSAGES},"x":"žluťoučký 日本 👩‍🚀 \u007f\u2028"}`],
    ['unicode as escapes', `{"model":"m",${MESSAGES},"x":"\\u017elu\\/\\ud83d\\ude80\\u0000"}`],
    ['a lone surrogate', `{"model":"m",${MESSAGES},"x":"\\ud83d"}`],
    ['an escaped name', `{"m\\u006fdel":"m",${MESSAGES},"\\u0078":1}`],
    ['unknown names', `{"model":"m",${MESSAGES},"top_k":5,"guided_json":{"a":[{}]},"":null}`],
    ['the same unknown name twice', `{"model":"m",${MESSAGES},"x":1,"x":2}`],
    ['a prototype', `{"model":"m",${MESSAGES},"__proto__":{"a":1},"constructor":{"prototype":2}}`],
    ['empty containers', `{"model":"m",${MESSAGES},"a":{},"b":[],"c":""}`],
  ];
  it.each(EXACT)('reaches the upstream byte for byte: %s', async (_, body) => {
    expect(await relayed(body)).toBe(body.replace(/("m(?:odel|\\u006fdel)"\s*:\s*)"m"/, '$1"gpt-upstream"'));
  });

  it('has its model replaced at the top only', async () => {
    const before = '"metadata":{"model":"m"},"tools":[],"x":[{"model":"m"}],"prediction":{"a":{"model":"m"}}';
    const after = '"messages":[{"role":"user","content":"\\"model\\":\\"m\\"","model":"m"}]';
    const sent = await relayed(`{${before},"model":"m",${after}}`);
    expect(sent).toBe(`{${before},"model":"gpt-upstream",${after}}`);
  });

  it('is only added a request for usage when it streams', async () => {
    const body = `{"seed":9223372036854775807,"stream":true,"model":"m",${MESSAGES} }`;
    const sent = await relayed(body);
    expect(sent).toBe(
      body
        .replace('"model":"m"', '"model":"gpt-upstream"')
        .replace(/ \}$/, ' ,"stream_options":{"include_usage":true}}'),
    );
  });

  it('keeps the other stream options', async () => {
    const options = '"stream_options":{"include_obfuscation":false,"include_usage":false}';
    const sent = await relayed(`{"model":"m",${MESSAGES},"stream":true,${options}}`);
    expect(JSON.parse(sent).stream_options).toEqual({ include_obfuscation: false, include_usage: true });
  });

  it('goes to the upstream unchanged when it asked for usage itself', async () => {
    const body = `{"stream_options":{ "include_usage" : true },"model":"m",${MESSAGES},"stream":true}`;
    expect(await relayed(body)).toBe(body.replace('"model":"m"', '"model":"gpt-upstream"'));
  });

  it('may be large', async () => {
    const text = 'x'.repeat(3 * 1024 * 1024);
    await relayed(`{"model":"m",${MESSAGES},"x":"${text}"}`);
    expect(seen().bodyLength).toBeGreaterThan(text.length);
  });

  it('is taken with a charset, and as a JSON dialect', async () => {
    for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/vnd.api+json']) {
      const answer = await post(`{"model":"m",${MESSAGES}}`, { 'content-type': type });
      expect([type, answer.status]).toEqual([type, 200]);
    }
  });
});

describe('the headers that an upstream sees', () => {
  it('carry the provider’s credential and nothing of the client', async () => {
    await post(`{"model":"m",${MESSAGES}}`, {
      'x-api-key': 'client-secret',
      'api-key': 'client-secret',
      cookie: 'session=client-secret',
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-host': 'client.example',
      forwarded: 'for=203.0.113.9',
      'openai-organization': 'org-client',
      'openai-project': 'proj-client',
      'x-stainless-lang': 'js',
      'x-request-id': 'client-request',
      'user-agent': 'client-agent',
      origin: 'https://client.example',
      referer: 'https://client.example/page',
    });
    const { headers } = seen();
    expect(headers).toEqual({
      accept: 'application/json',
      'accept-encoding': 'identity',
      authorization: `Bearer ${UPSTREAM_KEY}`,
      connection: 'keep-alive',
      'content-length': String(seen().bodyLength),
      'content-type': 'application/json',
      host: new URL(bench.sandbox.url).host,
      'user-agent': 'pllm',
    });
    expect(JSON.stringify(headers)).not.toContain(key);
  });

  it('ask for a stream where the client does', async () => {
    await post(`{"model":"m",${MESSAGES},"stream":true}`);
    expect(seen().headers.accept).toBe('text/event-stream');
  });

  it('are joined by the provider’s own', async () => {
    stub.answerWith({ body: '{"choices":[]}' });
    await post(`{"model":"stubbed",${MESSAGES}}`);
    expect(stub.last.url).toBe('/some/where/v1/chat/completions');
    expect(stub.last.headers).toMatchObject({ 'x-tenant': 'blue', 'x-mixed-case': 'kept as is; = "quoted"' });
    expect(stub.last.headers).not.toHaveProperty('authorization');
  });
});

describe('the answer', () => {
  const BODY =
    '{ "id":"r1","model" : "inner","x_unknown":{"model":"inner","n":9223372036854775807},' +
    '"choices":[{"index":0,"message":{"role":"assistant","content":"my model: \\"inner\\"","reasoning":"r"},' +
    '"logprobs":{"content":[{"logprob":-0.10000000000000001}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}\n';

  it('comes back byte for byte, but for the model at the top', async () => {
    stub.answerWith({ body: BODY });
    const answer = await post(`{"model":"stubbed",${MESSAGES}}`);
    expect(answer.text).toBe(BODY.replace('"model" : "inner"', '"model" : "stubbed"'));
  });

  it('brings the seed back that the upstream saw, digit for digit', async () => {
    for (const seed of ['-9007199254740991', '9223372036854775807']) {
      const answer = await post(`{"model":"m",${MESSAGES},"seed":${seed}}`);
      expect(answer.text).toContain(`"sandbox":{"seed":${seed}}`);
      const stream = await post(`{"model":"m",${MESSAGES},"seed":${seed},"stream":true}`);
      expect(stream.text).toContain(`"sandbox":{"seed":${seed}}`);
    }
  });

  it('streams chunks byte for byte, but for the model at the top', async () => {
    const chunk =
      '{"id":"c","model":"inner","obfuscation":"q8","choices":[{"index":0,"delta":{"content":"a","reasoning_content":"\\u00e9"},"finish_reason":"stop"}],"n":1.10}';
    stub.answerWith({ type: 'text/event-stream', body: `data: ${chunk}\n\ndata: [DONE]\n\n` });
    const answer = await post(`{"model":"stubbed",${MESSAGES},"stream":true}`);
    expect(answer.text).toBe(`data: ${chunk.replace('"inner"', '"stubbed"')}\n\ndata: [DONE]\n\n`);
  });

  it('leaves the upstream’s headers behind', async () => {
    const headers = {
      'set-cookie': ['a=1', 'b=2'],
      server: 'secret-server',
      'keep-alive': 'timeout=77',
      'x-internal': 'secret',
      'openai-organization': 'org-of-the-operator',
      'x-request-id': 'upstream-id',
      'content-encoding': 'identity',
      'access-control-allow-origin': 'https://upstream.example',
    };
    for (const stream of [false, true]) {
      const event = '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}';
      stub.answerWith(
        stream
          ? { type: 'text/event-stream', body: `data: ${event}\n\ndata: [DONE]\n\n`, headers }
          : { body: BODY, headers },
      );
      const answer = await post(`{"model":"stubbed",${MESSAGES},"stream":${stream}}`);
      expect(answer.status).toBe(200);
      const ours = ['connection', 'date', 'transfer-encoding', 'keep-alive', 'content-length'];
      const names = [...answer.headers.keys()].filter((name) => !ours.includes(name));
      const sse = ['cache-control', 'content-type', 'x-accel-buffering'];
      const pllm = [
        'x-pllm-attempts',
        'x-pllm-model',
        'x-pllm-overhead-ms',
        'x-pllm-provider',
        'x-request-id',
      ];
      expect(names.toSorted()).toEqual([...(stream ? sse : ['content-type']), ...pllm].toSorted());
      expect(answer.headers.get('keep-alive')).not.toBe('timeout=77');
      expect(answer.headers.get('x-request-id')).not.toBe('upstream-id');
    }
  });

  it('says who answered', async () => {
    for (const stream of [false, true]) {
      const { headers } = await post(`{"model":"m",${MESSAGES},"stream":${stream}}`);
      expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
      expect(headers.get('x-pllm-model')).toBe('m');
      expect(headers.get('x-pllm-provider')).toBe('upstream');
      expect(headers.get('x-pllm-attempts')).toBe('1');
      expect(headers.get('x-pllm-overhead-ms')).toMatch(/^\d+(?:\.\d{1,3})?$/);
    }
  });

  it('has the types that clients look for', async () => {
    const whole = await post(`{"model":"m",${MESSAGES}}`);
    expect(whole.headers.get('content-type')).toBe('application/json');
    expect(whole.headers.get('content-length')).toBe(String(Buffer.byteLength(whole.text)));
    const stream = await post(`{"model":"m",${MESSAGES},"stream":true}`);
    expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(stream.headers.get('cache-control')).toBe('no-cache');
    expect(stream.headers.get('x-accel-buffering')).toBe('no');
    expect(stream.headers.get('content-length')).toBeNull();
  });

  it('echoes the client’s own request id beside its own', async () => {
    const ids: [Record<string, string>, string | null][] = [
      [{ 'x-client-request-id': 'mine-1' }, 'mine-1'],
      [{ 'x-request-id': 'mine-2' }, 'mine-2'],
      [{ 'x-client-request-id': 'x'.repeat(2_000) }, 'x'.repeat(512)],
      [{}, null],
    ];
    for (const [headers, echoed] of ids) {
      const answer = await post(`{"model":"m",${MESSAGES}}`, headers);
      expect(answer.headers.get('x-client-request-id')).toBe(echoed);
      expect(answer.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
    }
  });

  it('is given to whoever speaks HTTP/1.0 or sends odd bytes in a header', async () => {
    const body = `{"model":"m",${MESSAGES}}`;
    const head = `content-type: application/json\r\ncontent-length: ${body.length}\r\nx-api-key: ${key}\r\n`;
    const old = await rawRequest(bench.url, `POST ${PREFIX} HTTP/1.0\r\n${head}\r\n${body}`);
    expect(old.status).toBe(200);
    const odd = `POST ${PREFIX} HTTP/1.1\r\nhost: x\r\n${head}x-client-request-id: caf\xe9\r\n\r\n${body}`;
    expect((await rawRequest(bench.url, Buffer.from(odd, 'latin1'))).status).toBe(200);
  });
});

describe('the framing of a stream', () => {
  const raw = (model: string): Promise<RawAnswer> => {
    const body = `{"model":${JSON.stringify(model)},${MESSAGES},"stream":true}`;
    const head = `host: x\r\nx-api-key: ${key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
    return rawRequest(bench.url, `POST ${PREFIX} HTTP/1.1\r\n${head}\r\n\r\n${body}`);
  };

  it('is data frames and one [DONE], nothing else', async () => {
    const { text } = await raw('m');
    const { chunks, isDone } = readEvents(text);
    expect(isDone).toBe(true);
    expect(chunks.length).toBeGreaterThan(3);
    expect(text).not.toMatch(/^(?:event|id|retry|:)/m);
    expect(text.match(/\[DONE\]/g)).toHaveLength(1);
  });

  const FRAMINGS = ['split=1', 'split=7', 'crlf=1', 'comments=1', 'crlf=1;comments=1;split=3', 'done=none'];
  it.each(FRAMINGS)('is the same however the upstream frames its own: %s', async (script) => {
    await bench.addModel(`framed ${script}`.replaceAll(/[ ;=]/g, '-'), `gpt-upstream;${script}`);
    const model = `framed ${script}`.replaceAll(/[ ;=]/g, '-');
    const [plain, framed] = [await raw('m'), await raw(model)].map(({ text }) => readEvents(text));
    const content = (events: typeof plain) =>
      events?.chunks.map(({ choices, object }) => JSON.stringify([object, choices]));
    expect(framed?.isDone).toBe(true);
    expect(content(framed)).toEqual(content(plain));
    expect(framed?.chunks.every((chunk) => chunk.model === model)).toBe(true);
  });

  it('keeps characters whole that the upstream cuts in the middle', async () => {
    await bench.addModel('cut-characters', 'gpt-upstream;split=1');
    const text = 'žluťoučký 日本 👩‍🚀';
    const body = `{"model":"cut-characters","messages":[{"role":"user","content":"${text}"}],"stream":true}`;
    const { chunks } = readEvents((await post(body)).text);
    expect(chunks.map(({ choices }) => choices[0].delta.content ?? '').join('')).toContain(text);
  });
});
