import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SpanExporter } from './span-exporter.js';
import { encodeSpans } from './span.js';
import type { Span } from './span.js';
import { newId, readTraceContext, writeTraceContext } from './trace-context.js';
import { Tracer } from './tracer.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

describe('the trace that a client is in', () => {
  it('is continued, with what others carry along', () => {
    const context = readTraceContext({ traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'a=1,b=2' });
    expect(context).toEqual({ traceId: TRACE, parentId: PARENT, isSampled: true, state: 'a=1,b=2' });
    expect(writeTraceContext(context, '00f067aa0ba902b7')).toEqual([
      'traceparent',
      `00-${TRACE}-00f067aa0ba902b7-01`,
      'tracestate',
      'a=1,b=2',
    ]);
  });

  it.each([`00-${TRACE}-${PARENT}-00`, `00-${TRACE}-${PARENT}-02`])(
    'is not recorded where it is not: %s',
    (traceparent) => {
      const context = readTraceContext({ traceparent });
      expect(context).toMatchObject({ traceId: TRACE, isSampled: false });
      expect(writeTraceContext(context, PARENT)).toEqual(['traceparent', `00-${TRACE}-${PARENT}-00`]);
    },
  );

  it('is understood in a later version', () => {
    const traceparent = `cc-${TRACE}-${PARENT}-01-what-the-future-brings`;
    expect(readTraceContext({ traceparent })).toMatchObject({ traceId: TRACE, parentId: PARENT });
  });

  it.each([
    undefined,
    '',
    'nonsense',
    `ff-${TRACE}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01-more`,
    `00-${TRACE}-${PARENT}-1`,
    `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`,
  ])('is a new one where the client has none: %s', (traceparent) => {
    const context = readTraceContext({ traceparent, tracestate: 'a=1' });
    expect(context).toMatchObject({ parentId: undefined, isSampled: true, state: undefined });
    expect(context.traceId).toMatch(/^[\da-f]{32}$/);
    expect(context.traceId).not.toBe(TRACE);
  });

  it.each(['x'.repeat(513), 'a=1\r\nb: c', ['a=1', 'b=2']])(
    'leaves out a state that no header can hold',
    (tracestate) => {
      expect(readTraceContext({ traceparent: `00-${TRACE}-${PARENT}-01`, tracestate }).state).toBeUndefined();
    },
  );
});

describe('ids', () => {
  it('are never the same', () => {
    const ids = Array.from({ length: 10_000 }, () => newId(8));
    expect(new Set(ids).size).toBe(10_000);
  });
});

const CALL = { requestId: 'req_1', at: 1_700_000_000_000, startedAt: performance.now(), traceHeaders: {} };
const ENDED = {
  operation: 'chat',
  model: 'my-gpt',
  keyId: null,
  stream: false,
  status: 'ok',
  httpStatus: 200,
  errorCode: null,
  promptTokens: 5,
  completionTokens: 3,
  attempts: 1,
} as const;
const TARGET = {
  model: 'gpt',
  provider: { name: 'eu', type: 'vllm', baseUrl: 'http://models.internal:8000/v1' },
};

describe('a tracer', () => {
  it('tells of each target that was asked, below the call', async () => {
    const spans: Span[] = [];
    const trace = new Tracer({ add: (span) => spans.push(span) }).begin(CALL);
    const first = trace.attempt('chat', TARGET);
    const refused = Promise.reject(Object.assign(new Error('no'), { code: 'rate_limit_exceeded' }));
    await expect(first.follow(refused, { status: 429 })).rejects.toThrow('no');
    trace.attempt('chat', TARGET);
    const third = trace.attempt('chat', {
      ...TARGET,
      provider: { ...TARGET.provider, baseUrl: 'https://b.example/v1' },
    });
    await third.follow(Promise.resolve('answer'), { status: 200 });
    third.see(Buffer.from('{"id":"x","choices":"\\"model\\":\\"no\\"","model": "gpt-4o-2024"}'));
    trace.end({ ...ENDED, attempts: 3 }, performance.now());
    expect(spans.map(({ name, kind, isError }) => [name, kind, isError])).toEqual([
      ['chat gpt', 'client', true],
      ['chat gpt', 'client', true],
      ['chat gpt', 'client', false],
      ['chat my-gpt', 'server', false],
    ]);
    const [one, two, three, call] = spans;
    expect(spans.slice(0, 3).every((span) => span.parentId === call?.spanId)).toBe(true);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(call?.parentId).toBeUndefined();
    expect(one?.attributes).toMatchObject({
      'error.type': 'rate_limit_exceeded',
      'http.response.status_code': 429,
    });
    expect(one?.attributes['gen_ai.usage.input_tokens']).toBeUndefined();
    expect(two?.attributes).toMatchObject({
      'error.type': '_OTHER',
      'server.address': 'models.internal',
      'server.port': 8000,
    });
    expect(three?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt',
      'gen_ai.provider.name': 'eu',
      'gen_ai.response.model': 'gpt-4o-2024',
      'gen_ai.usage.input_tokens': 5,
      'gen_ai.usage.output_tokens': 3,
      'server.address': 'b.example',
      'server.port': 443,
    });
    expect(call?.startAt).toBe(CALL.at);
    expect(call?.endAt).toBeGreaterThanOrEqual(three?.endAt ?? Infinity);
  });

  it('records nothing of a trace that is not wanted, and passes it on', () => {
    const spans: Span[] = [];
    const call = { ...CALL, traceHeaders: { traceparent: `00-${TRACE}-${PARENT}-00` } };
    const trace = new Tracer({ add: (span) => spans.push(span) }).begin(call);
    expect(trace.attempt('chat', TARGET).headers[1]).toMatch(new RegExp(`^00-${TRACE}-[\\da-f]{16}-00$`));
    trace.end(ENDED, performance.now());
    expect(spans).toEqual([]);
  });
});

const SPAN: Span = {
  traceId: TRACE,
  spanId: PARENT,
  parentId: undefined,
  state: undefined,
  name: 'chat my-gpt',
  kind: 'server',
  startAt: 1_700_000_000_000.25,
  endAt: 1_700_000_000_001,
  attributes: { text: 'a', count: 7, part: 0.5, yes: true, none: null, nothing: undefined },
  isError: true,
};

describe('spans on the wire', () => {
  it('are OTLP in JSON', () => {
    expect(JSON.parse(encodeSpans([SPAN], { 'service.name': 'pllm' }))).toEqual({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'pllm' } }] },
          scopeSpans: [
            {
              scope: { name: 'pllm' },
              spans: [
                {
                  traceId: TRACE,
                  spanId: PARENT,
                  name: 'chat my-gpt',
                  kind: 2,
                  startTimeUnixNano: '1700000000000250000',
                  endTimeUnixNano: '1700000000001000000',
                  attributes: [
                    { key: 'text', value: { stringValue: 'a' } },
                    { key: 'count', value: { intValue: '7' } },
                    { key: 'part', value: { doubleValue: 0.5 } },
                    { key: 'yes', value: { boolValue: true } },
                  ],
                  status: { code: 2 },
                },
              ],
            },
          ],
        },
      ],
    });
  });
});

let server: Server | undefined;
afterEach(() => void server?.close());

/** A collector that answers with each status in turn, then with 200; how many spans came in each request it took. */
async function startCollector(
  statuses: number[],
): Promise<{ endpoint: string; counts: number[]; paths: string[] }> {
  const counts: number[] = [];
  const paths: string[] = [];
  server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    request.on('end', () => {
      const status = statuses.shift() ?? 200;
      paths.push(`${request.url} ${request.headers['x-team']}`);
      if (status === 200) counts.push(JSON.parse(text).resourceSpans[0].scopeSpans[0].spans.length);
      response.writeHead(status).end('{}');
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, counts, paths };
}

function exportTo(endpoint: string, reports: string[] = []): SpanExporter {
  const report = (message: string): void => void reports.push(message);
  return new SpanExporter({ endpoint, headers: { 'x-team': 'a' }, resource: {}, report, everyMs: 5 });
}

describe('the exporter', () => {
  it('sends spans in batches, and the rest when it is closed', async () => {
    const { endpoint, counts, paths } = await startCollector([]);
    const exporter = exportTo(`${endpoint}/`);
    for (let count = 0; count < 300; count++) exporter.add(SPAN);
    await exporter.close();
    expect(counts).toEqual([128, 128, 44]);
    expect(new Set(paths)).toEqual(new Set(['/v1/traces a']));
    expect(exporter.dropped).toBe(0);
  });

  it('tries again when the collector is busy, and says so once', async () => {
    const { endpoint, counts } = await startCollector([503, 429]);
    const reports: string[] = [];
    const exporter = exportTo(endpoint, reports);
    exporter.add(SPAN);
    while (counts.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(counts).toEqual([1]);
    expect(reports).toEqual(['traces cannot be handed over; they wait (1 waiting, 0 lost)']);
    await exporter.close();
  });

  it('does not send again what was refused', async () => {
    const { endpoint, counts, paths } = await startCollector([400]);
    const exporter = exportTo(endpoint);
    exporter.add(SPAN);
    await exporter.close();
    expect([counts, paths.length, exporter.dropped]).toEqual([[], 1, 1]);
  });

  it('keeps so many for a collector that is gone, and no more', async () => {
    const { endpoint } = await startCollector([]);
    server?.close();
    const exporter = exportTo(endpoint);
    for (let count = 0; count < 5_000; count++) exporter.add(SPAN);
    expect(exporter.dropped).toBe(5_000 - 4_096);
    await exporter.close();
    expect(exporter.dropped).toBe(5_000);
  });
});
