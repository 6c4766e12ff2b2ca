import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startFaultBench } from '../support/fault-bench.js';
import type { FaultBench } from '../support/fault-bench.js';
import { median, quantile, report } from '../support/figures.js';
import { recordOf } from '../support/records.js';
import { HELLO, StreamClient } from '../support/stream-client.js';
import { until } from '../support/until.js';

/** Deadlines are looked at ten times a second; the rest is for a machine that others use too. */
const LATE_MS = 250;
const TIMES = 10;

let bench: FaultBench;

beforeAll(async () => {
  bench = await startFaultBench();
});
beforeEach(() => {
  bench.proxy.heal();
  bench.proxy.resetLive();
});
afterAll(() => bench.close());

const open = (model: string, body: object = {}, headers: Record<string, string> = {}) =>
  new StreamClient({ url: bench.url, key: bench.key, body: { model, stream: true, ...body }, headers });

const askedOf = (sandbox: FaultBench['sandbox'], name: string) =>
  sandbox.ledger.requests.filter(({ model }) => model.startsWith(name)).length;

it('an upstream that is cut in a stream: one error frame, no [DONE], and nobody else is asked', async () => {
  await bench.addTargets('cut', ['broken cut;chunks=40;gap=2', 'upstream spare']);
  let whole = 0;
  for (let time = 0; time < TIMES; time++) {
    bench.proxy.set({ cutAfterBytes: 1_500 + 331 * time });
    const client = open('cut');
    if ((await client.ended()) === 'whole') whole++;
    expect(client.status).toBe(200);
    expect(client.errors).toMatchObject([{ code: 'upstream_unavailable' }]);
    expect(client.isDone).toBe(false);
    expect(client.content).not.toBe('');
    expect(await recordOf(bench, client.requestId)).toMatchObject({ status: 'error', attempts: 1 });
  }
  report('streams cut after n bytes that end with one error frame', (whole / TIMES) * 100, '%', '100 %');
  expect(askedOf(bench.sandbox, 'spare')).toBe(0);
  expect(whole).toBe(TIMES);
});

it('an upstream that is cut in every whole answer: 503', async () => {
  await bench.addTargets('cut-whole', ['broken cut-whole;chunks=200'], { retry: { attempts: 1 } });
  bench.proxy.set({ cutAfterBytes: 700 });
  const client = open('cut-whole', { stream: false });
  await client.ended();
  expect(client.status).toBe(503);
  const { error } = JSON.parse(client.text);
  expect(error).toMatchObject({ type: 'service_unavailable_error', code: 'upstream_unavailable' });
});

it('an upstream that freezes in a stream: an error frame at the idle timeout, its socket closed', async () => {
  const idleMs = 500;
  await bench.addTargets('idle', ['broken idle;chunks=1000;gap=10'], { timeouts: { idle_ms: idleMs } });
  const late: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    let lastAt = 0;
    // The HTTP client opens a connection in place of one that it aborts: only those of the call are to be frozen.
    bench.proxy.resetLive();
    await until(() => bench.proxy.live === 0);
    const client = open('idle', {}, {});
    await client.received(3);
    bench.proxy.freezeLive();
    client.response?.on('data', () => (lastAt = performance.now()));
    const frozenAt = performance.now();
    await client.ended();
    late.push(lastAt - frozenAt - idleMs);
    expect(client.errors).toMatchObject([{ code: 'upstream_timeout' }]);
    expect(client.isDone).toBe(false);
    await until(() => bench.proxy.frozen === 0);
  }
  report('an error frame after the idle timeout, median', median(late), 'ms', `<= ${LATE_MS} ms`);
  report('an error frame after the idle timeout, worst', quantile(late, 1), 'ms', `<= ${LATE_MS} ms`);
  expect(quantile(late, 1)).toBeLessThanOrEqual(LATE_MS);
});

it('a silent primary: the fallback answers at the first-byte timeout, with its content alone', async () => {
  const firstMs = 400;
  await bench.addTargets('silent', ['broken silent', 'upstream answers;chunks=5'], {
    timeouts: { first_byte_ms: firstMs },
  });
  bench.proxy.set({ isBlackHole: true });
  const late: number[] = [];
  // The fifth in a row would eject it.
  for (let time = 0; time < 4; time++) {
    const from = performance.now();
    const client = open('silent');
    await client.ended();
    late.push(performance.now() - from - firstMs);
    expect(client.response?.headers['x-pllm-attempts']).toBe('2');
    expect(new Set(client.chunks.map(({ id }) => id)).size).toBe(1);
    expect(client.errors).toEqual([]);
    expect(client.isDone).toBe(true);
  }
  report(
    'a fallback answers after the first-byte timeout, worst',
    quantile(late, 1),
    'ms',
    `<= ${LATE_MS} ms`,
  );
  expect(quantile(late, 1)).toBeLessThanOrEqual(LATE_MS);
});

it('a stream that is alive but slow is ended, where there is a floor', { timeout: 40_000 }, async () => {
  await bench.addTargets('slow', ['broken slow;chunks=2000'], {
    timeouts: { min_bytes_per_second: 2_000, idle_ms: 60_000 },
  });
  bench.proxy.set({ bytesPerSecond: 500 });
  const from = performance.now();
  const client = open('slow');
  await client.ended(30_000);
  const seconds = (performance.now() - from) / 1_000;
  report('a stream at a quarter of the floor ends after', seconds, 's', '<= 11 s');
  expect(client.errors).toMatchObject([{ code: 'upstream_timeout' }]);
  expect(client.isDone).toBe(false);
  expect(seconds).toBeLessThanOrEqual(11);
  expect(seconds).toBeGreaterThan(9);
});

it('a call ends at the time that its client gave it', async () => {
  const wishMs = 300;
  await bench.addTargets('wish', ['upstream wish;delay=60000']);
  await bench.addTargets('wish-stream', ['upstream wish;chunks=1000;gap=20']);
  const late: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    for (const [model, stream] of [
      ['wish', false],
      ['wish-stream', true],
    ] as const) {
      const from = performance.now();
      const client = open(model, { stream, messages: HELLO }, { 'x-pllm-timeout-ms': String(wishMs) });
      await client.ended();
      late.push(performance.now() - from - wishMs);
      expect(client.status).toBe(stream ? 200 : 503);
      expect(client.text).toContain('deadline_exceeded');
    }
  }
  report('a call ends after its x-pllm-timeout-ms, median', median(late), 'ms', '<= 100 ms');
  report('a call ends after its x-pllm-timeout-ms, worst', quantile(late, 1), 'ms', '<= 100 ms');
  expect(quantile(late, 1)).toBeLessThanOrEqual(100);
});
