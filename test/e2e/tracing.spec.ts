import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT, SERVER, startCollector } from '../support/collector.js';
import type { CollectedSpan, Collector } from '../support/collector.js';
import { freePort } from '../support/free-port.js';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { startStub } from '../support/stub-upstream.js';
import type { StubUpstream } from '../support/stub-upstream.js';
import { until } from '../support/until.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const ANSWER = JSON.stringify({
  object: 'chat.completion',
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
});

let collector: Collector;
let stub: StubUpstream;
let bench: TestBench;
let key: string;

async function addStubModel(to: TestBench, name: string, type: string): Promise<void> {
  await to.admin('POST', '/providers', { name, type, base_url: stub.url, api_key: 'key-of-the-stub' });
  await to.admin('POST', '/models', { id: name, targets: [{ provider: name, model: 'gpt-4o' }] });
}

beforeAll(async () => {
  collector = await startCollector();
  stub = await startStub();
  stub.answerWith({ body: ANSWER });
  bench = await startBench({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  await addStubModel(bench, 'own', 'vllm');
  await addStubModel(bench, 'cloud', 'openai');
  await bench.addModel('stream', 'sandbox;chunks=3');
  await bench.addModel('refused', 'sandbox;status=400');
  await bench.admin('POST', '/models', {
    id: 'second',
    targets: [
      { provider: 'upstream', model: 'sandbox;status=503' },
      { provider: 'own', model: 'gpt-4o', priority: 1 },
    ],
  });
  key = await bench.addKey();
});
afterAll(async () => {
  await bench.close();
  await stub.close();
  await collector.close();
});

/** Makes a call and waits for its spans: those of the targets in order, and its own at the end. */
async function call(
  model: string,
  traceId: string,
  rest: object = {},
  flags = '01',
): Promise<CollectedSpan[]> {
  await ask(bench, key, model, traceId, rest, flags);
  return until(() => {
    const spans = collector.spans.filter((span) => span.traceId === traceId);
    return spans.some(({ kind }) => kind === SERVER) && spans;
  });
}

const ask = (to: TestBench, as: string, model: string, traceId: string, rest: object = {}, flags = '01') =>
  to.request(
    'POST',
    '/v1/chat/completions',
    { model, messages: [{ role: 'user', content: 'Hi' }], ...rest },
    {
      authorization: `Bearer ${as}`,
      traceparent: `00-${traceId}-${PARENT}-${flags}`,
      tracestate: 'vendor=1',
    },
  );

const traceOf = (serial: number): string => TRACE.slice(0, -1) + serial.toString(16);

describe('a call', () => {
  it('continues the trace of its client, as far as the upstream', async () => {
    const spans = await call('own', traceOf(1));
    expect(spans.map(({ kind }) => kind)).toEqual([CLIENT, SERVER]);
    const [attempt, whole] = spans;
    expect(whole).toMatchObject({
      parentSpanId: PARENT,
      name: 'chat own',
      status: {},
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'own',
        'http.response.status_code': '200',
        'pllm.request_id': expect.stringMatching(/^req_/),
        'pllm.attempts': '1',
      },
    });
    expect(attempt).toMatchObject({
      parentSpanId: whole?.spanId,
      name: 'chat gpt-4o',
      attributes: {
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.response.model': 'gpt-4o-2024-08-06',
        'gen_ai.provider.name': 'own',
        'gen_ai.usage.input_tokens': '11',
        'gen_ai.usage.output_tokens': '7',
        'server.address': '127.0.0.1',
      },
    });
    const { headers } = stub.last;
    expect(headers.traceparent).toBe(`00-${traceOf(1)}-${attempt?.spanId}-01`);
    expect(headers.tracestate).toBe('vendor=1');
  });

  it('tells a provider that is somebody else nothing of the trace', async () => {
    const [attempt] = await call('cloud', traceOf(2));
    expect(attempt?.attributes['gen_ai.provider.name']).toBe('cloud');
    expect(stub.last.headers).not.toHaveProperty('traceparent');
    expect(stub.last.headers).not.toHaveProperty('tracestate');
  });

  // A span waits two seconds for company: these wait together. None asks the stub what came last.
  it.concurrent('that is streamed has its tokens too', async () => {
    const [attempt] = await call('stream', traceOf(3), { stream: true });
    expect(attempt?.attributes).toMatchObject({
      'gen_ai.usage.output_tokens': '3',
      'gen_ai.response.model': expect.stringMatching(/^sandbox/),
    });
  });

  it.concurrent('has a span for each target that was asked', async () => {
    const spans = await call('second', traceOf(4));
    expect(spans.map(({ kind, status }) => [kind, status.code])).toEqual([
      [CLIENT, 2],
      [CLIENT, undefined],
      [SERVER, undefined],
    ]);
    expect(spans[0]?.attributes).toMatchObject({
      'error.type': 'upstream_unavailable',
      'http.response.status_code': '503',
    });
    expect(spans[2]?.attributes['pllm.attempts']).toBe('2');
  });

  it.concurrent('that failed says why', async () => {
    const [spans, [only, ...others]] = await Promise.all([
      call('refused', traceOf(5)),
      call('missing', traceOf(6)),
    ]);
    expect(spans.map(({ status }) => status.code)).toEqual([2, 2]);
    expect(spans[0]?.attributes['error.type']).toBe('upstream_refused');
    expect([only?.attributes['error.type'], others]).toEqual(['model_not_found', []]);
  });

  it.concurrent.each([
    ['for a parameter', { messages: [] }, 'invalid_value', 'chat own', 'own'],
    ['for what is no JSON', undefined, 'invalid_json', 'chat', undefined],
  ] as const)('that is refused unasked says why: %s', async (_, rest, code, name, model) => {
    const traceId = traceOf(code === 'invalid_json' ? 8 : 9);
    const headers = { authorization: `Bearer ${key}`, traceparent: `00-${traceId}-${PARENT}-01` };
    const body = rest ? { model: 'own', ...rest } : '{"model';
    const answer = await bench.request('POST', '/v1/chat/completions', body, headers);
    const [span, ...others] = await until(() => {
      const spans = collector.spans.filter((each) => each.traceId === traceId);
      return spans.length > 0 && spans;
    });
    expect(others).toEqual([]);
    expect(span).toMatchObject({
      kind: SERVER,
      parentSpanId: PARENT,
      name,
      status: { code: 2 },
      attributes: {
        'error.type': code,
        'http.response.status_code': '400',
        'pllm.request_id': answer.headers.get('x-request-id'),
        'pllm.status': 'error',
        'pllm.attempts': '0',
      },
    });
    expect(span?.attributes['gen_ai.request.model']).toBe(model);
  });

  it.concurrent('of nobody has no span', async () => {
    await ask(bench, 'sk-pllm-nobody', 'own', traceOf(0));
    // What came before this has been sent with it.
    await call('own', traceOf(10));
    expect(collector.spans.filter(({ traceId }) => traceId === traceOf(0))).toEqual([]);
  });

  it('is not recorded where its client does not want that', async () => {
    await ask(bench, key, 'own', traceOf(7), {}, '00');
    expect(stub.last.headers.traceparent).toMatch(new RegExp(`^00-${traceOf(7)}-[\\da-f]{16}-00$`));
    await call('own', traceOf(11));
    expect(collector.spans.filter(({ traceId }) => traceId === traceOf(7))).toEqual([]);
  });
});

describe('without a collector', () => {
  it('no trace goes on', async () => {
    const off = await startBench();
    await addStubModel(off, 'own', 'vllm');
    expect((await ask(off, await off.addKey(), 'own', traceOf(1))).status).toBe(200);
    expect(stub.last.headers).not.toHaveProperty('traceparent');
    await off.close();
  });

  it('that answers, calls go on, and the gateway stops', async () => {
    const dead = await startBench({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}` });
    await addStubModel(dead, 'own', 'vllm');
    const as = await dead.addKey();
    for (let count = 0; count < 200; count++) {
      expect((await ask(dead, as, 'own', traceOf(1))).status).toBe(200);
    }
    await dead.close();
  });
});
