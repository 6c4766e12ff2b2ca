import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { FaultProxy } from '../support/fault-proxy.js';
import { report } from '../support/figures.js';
import { startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { recordOf } from '../support/records.js';
import { HELLO, StreamClient } from '../support/stream-client.js';

let bench: TestBench;
let proxy: FaultProxy;
let key: string;

beforeAll(async () => {
  bench = await startBench({ PLLM_STREAM_HOLD_SECONDS: '30' });
  key = await bench.addKey();
  proxy = await FaultProxy.listen(bench.sandbox.url);
  await bench.admin('POST', '/providers', { name: 'faulty', type: 'sandbox', base_url: proxy.url });
});
afterAll(async () => {
  await bench.close();
  await proxy.close();
});
beforeEach(async () => {
  proxy.fault = {};
  proxy.resetAll();
  bench.sandbox.ledger.clear();
  await bench.admin('POST', '/system/reload');
});

/** A model that is asked through the proxy first, then of these. */
async function addModel(id: string, script: string, rest: object = {}, others: string[] = []): Promise<void> {
  const targets = [
    { provider: 'faulty', model: script },
    ...others.map((model) => ({ provider: 'upstream', model })),
  ];
  await bench.admin('POST', '/models', { id, targets, ...rest });
}

const stream = (model: string) => new StreamClient({ url: bench.url, key, body: { model, stream: true } });

const call = (model: string): Promise<Answer> =>
  bench.request(
    'POST',
    '/v1/chat/completions',
    { model, messages: HELLO },
    { authorization: `Bearer ${key}` },
  );

async function timed<T>(run: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const from = performance.now();
  const result = await run();
  return { result, ms: performance.now() - from };
}

const callsOf = (name: string) =>
  bench.sandbox.ledger.requests.filter(({ model }) => model.split(';')[0] === name);

it.each<[string, object]>([
  ['cut', { cutAfter: 2_000 }],
  ['reset', { resetAfter: 2_000 }],
])('a stream whose line is %s in the middle ends with one error frame', async (how, fault) => {
  await addModel(`line-${how}`, 'long;chunks=1000;gap=1');
  proxy.fault = fault;
  const client = stream(`line-${how}`);
  await client.ended();
  expect(client.errors).toHaveLength(1);
  expect(client.isDone).toBe(false);
  const record = await recordOf(bench, client.requestId);
  expect(record).toMatchObject({ status: 'error', error_code: 'upstream_unavailable' });
});

it.each<[string, object]>([
  ['cut', { cutAfter: 100 }],
  ['reset', { resetAfter: 100 }],
  ['refused', { refuse: true }],
])('a whole answer whose line is %s is a 503, or another target’s', async (how, fault) => {
  await addModel(`whole-${how}`, 'whole', { retry: { attempts: 1 } });
  await addModel(`other-${how}`, 'whole', {}, ['other']);
  proxy.fault = fault;
  expect((await call(`whole-${how}`)).status).toBe(503);
  const { result, ms } = await timed(() => call(`other-${how}`));
  expect(result.status).toBe(200);
  report(`a line that is ${how}: the next target's answer is here after`, ms, 'ms', 'no wait');
});

it('a stream that stalls is ended at its idle timeout, and its socket closed', async () => {
  const idle = 500;
  await addModel('stalling', 'stalling;stall=3', { timeouts: { idle_ms: idle } });
  const client = stream('stalling');
  await client.received(3);
  const { ms } = await timed(() => client.ended());
  report('an idle stream is ended late by', ms - idle, 'ms', '<= 250 ms');
  expect(client.errors).toHaveLength(1);
  expect(ms - idle).toBeLessThanOrEqual(250);
  await bench.sandbox.ledger.waitFor(({ abortedAt }) => abortedAt !== undefined, 1_000);
});

it('a primary that takes the call and says nothing: the next target answers', async () => {
  const patience = 500;
  await addModel('silent', 'silent', { timeouts: { first_byte_ms: patience } }, ['answering']);
  proxy.fault = { blackhole: true };
  const client = stream('silent');
  const { ms } = await timed(() => client.ended());
  report('a silent primary: the answer is late by', ms - patience, 'ms', '<= 300 ms');
  expect([client.status, client.errors.length, client.isDone]).toEqual([200, 0, true]);
  expect(new Set(client.chunks.map(({ id }) => id)).size).toBe(1);
  expect(ms - patience).toBeLessThanOrEqual(300);
});

it('a stream that crawls is ended, though it is never silent', async () => {
  const timeouts = { min_bytes_per_second: 200 };
  await addModel('crawling', 'crawling;chunks=10000;gap=10', { timeouts });
  const client = stream('crawling');
  await client.received(3);
  proxy.fault = { bytesPerSecond: 20 };
  const { ms } = await timed(() => client.ended(30_000));
  report('a stream of 20 bytes/s under a floor of 200 is ended after', ms / 1_000, 's', '10-21 s');
  expect(client.errors).toHaveLength(1);
  // It is looked at every ten seconds: in the first of them it may have been quick.
  expect(ms).toBeGreaterThan(9_000);
  expect(ms).toBeLessThan(21_500);
});

it('an upstream that fails every call sees a fifth more, and three', async () => {
  const calls = 100;
  await addModel('failing', 'failing;status=500');
  await Promise.all(Array.from({ length: calls }, () => call('failing')));
  const seen = callsOf('failing').length;
  report(`an upstream that fails ${calls} of ${calls} calls sees`, seen, 'calls', `<= ${calls * 1.2 + 3}`);
  expect(seen).toBeLessThanOrEqual(calls * 1.2 + 3);
});

it('five failures in a row, and the target is left alone; one probe lets it back', async () => {
  await addModel('ailing', 'ailing', {}, ['healthy']);
  proxy.fault = { refuse: true };
  const { ms } = await timed(async () => {
    for (let count = 0; count < 5; count++) await call('ailing');
  });
  const before = proxy.connections;
  for (let count = 0; count < 20; count++) expect((await call('ailing')).status).toBe(200);
  report('five failures until a target is left alone take', ms, 'ms', '< 1,000 ms');
  expect(ms).toBeLessThan(1_000);
  expect(proxy.connections).toBe(before);
  proxy.fault = {};
  await sleep(5_100);
  await Promise.all(Array.from({ length: 10 }, () => call('ailing')));
  report('calls at once that a target gets when its time is over', callsOf('ailing').length, '', '1 probe');
  expect(callsOf('ailing')).toHaveLength(1);
  for (let count = 0; count < 5; count++) await call('ailing');
  expect(callsOf('ailing')).toHaveLength(6);
});

it('Retry-After is obeyed to the second', async () => {
  const seconds = 3;
  await addModel('limited', `limited;status=429;retry_after=${seconds}`, {}, ['unlimited']);
  await call('limited');
  const from = performance.now();
  while (callsOf('limited').length < 2) {
    expect((await call('limited')).status).toBe(200);
    await sleep(20);
  }
  const ms = performance.now() - from;
  report(`a target that named ${seconds} s gets its next call after`, ms / 1_000, 's', `${seconds} s`);
  expect(ms).toBeGreaterThanOrEqual(seconds * 1_000 - 50);
  expect(ms).toBeLessThan(seconds * 1_000 + 500);
});

it('what a call may take is kept', async () => {
  await addModel('unending', 'unending;delay=60000');
  const { result, ms } = await timed(() =>
    bench.request(
      'POST',
      '/v1/chat/completions',
      { model: 'unending', messages: HELLO },
      { authorization: `Bearer ${key}`, 'x-pllm-timeout-ms': '500' },
    ),
  );
  report('a call of 500 ms is ended late by', ms - 500, 'ms', '<= 100 ms');
  expect(result.json.error.code).toBe('deadline_exceeded');
  expect(ms - 500).toBeLessThanOrEqual(100);
});

it('many calls at a provider never are more than its max_parallel', async () => {
  const most = 10;
  await bench.admin('POST', '/providers', {
    name: 'narrow',
    type: 'sandbox',
    base_url: bench.sandbox.url,
    max_parallel: most,
  });
  const targets = [{ provider: 'narrow', model: 'narrow;delay=100' }];
  await bench.admin('POST', '/models', { id: 'narrow', targets });
  let open = 0;
  const watching = setInterval(() => {
    const now = callsOf('narrow').filter(
      ({ completedAt, abortedAt }) => completedAt === undefined && abortedAt === undefined,
    ).length;
    open = Math.max(open, now);
  }, 1);
  const answers = await Promise.all(Array.from({ length: 50 }, () => call('narrow')));
  clearInterval(watching);
  report('50 calls at once: the provider has at most', open, 'calls', `<= ${most}`);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(50);
  expect(open).toBeLessThanOrEqual(most);
  expect(open).toBeGreaterThan(1);
});
