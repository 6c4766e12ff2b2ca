import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { LedgerEntry } from '../../apps/sandbox/src/sandbox.js';
import { startFaultBench } from '../support/fault-bench.js';
import type { FaultBench } from '../support/fault-bench.js';
import { report } from '../support/figures.js';
import { SteadyLoad } from '../support/steady-load.js';
import { HELLO, StreamClient } from '../support/stream-client.js';
import { until } from '../support/until.js';
import { workersOn } from '../support/workers.js';

let bench: FaultBench;
let workers: number;

beforeAll(async () => {
  bench = await startFaultBench();
  workers = workersOn(bench.databaseUrl);
});
afterEach(() => bench.proxy.heal());
afterAll(() => bench.close());

const load = (model: string, rate: number) => new SteadyLoad({ url: bench.url, key: bench.key, model, rate });

const call = (model: string, body: object = {}) =>
  bench.request(
    'POST',
    '/v1/chat/completions',
    { model, messages: HELLO, ...body },
    {
      authorization: `Bearer ${bench.key}`,
    },
  );

const askedOf = (sandbox: FaultBench['sandbox'], name: string): LedgerEntry[] =>
  sandbox.ledger.requests.filter(({ model }) => model.split(';')[0] === name);

/** The most calls that an upstream had at once. */
function mostAtOnce(entries: readonly LedgerEntry[]): number {
  const edges = entries.flatMap(({ at, completedAt, abortedAt }) => [
    { at, step: 1 },
    { at: completedAt ?? abortedAt ?? Infinity, step: -1 },
  ]);
  let open = 0;
  let most = 0;
  for (const { step } of edges.sort((one, other) => one.at - other.at || one.step - other.step)) {
    open += step;
    most = Math.max(most, open);
  }
  return most;
}

it(
  'an upstream that fails every call is not asked much more often than it is called',
  { timeout: 60_000 },
  async () => {
    await bench.addTargets('fails', ['upstream fails;status=500']);
    const steady = load('fails', 20);
    await sleep(20_000);
    const calls = await steady.stop();
    const asked = askedOf(bench.sandbox, 'fails').map(({ at }) => at);
    const seconds = 10;
    const windows = asked.map(
      (from) => asked.filter((at) => at >= from && at < from + seconds * 1_000).length,
    );
    const most = 1.2 * 20 * seconds + 3;
    report(
      'an upstream that fails is asked, for each call',
      asked.length / calls.length,
      'times',
      '<= 1.2 + 3',
    );
    report('the most within 10 s, at 20 calls a second', Math.max(...windows), 'attempts', `<= ${most}`);
    expect(calls.every(({ status }) => status === 503)).toBe(true);
    // A call of the second before may be asked again in the window.
    expect(Math.max(...windows)).toBeLessThanOrEqual(most + 20 * 0.2);
    expect(asked.length).toBeLessThanOrEqual(1.2 * calls.length + 3 * 2);
  },
);

it(
  'an upstream that fails two of five is asked again by a fifth of its calls',
  { timeout: 60_000 },
  async () => {
    const asked: number[] = [];
    // Never five in a row, nor half of them: its circuit stays closed.
    const server = createServer((request, response) => {
      request.resume();
      const isBad = asked.push(performance.now()) % 5 < 2;
      response.writeHead(isBad ? 500 : 200, { 'content-type': 'application/json' });
      response.end(
        isBad ? '{"error":{"message":"bad"}}' : '{"id":"c","object":"chat.completion","choices":[]}',
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const fields = { name: 'moody', type: 'sandbox', base_url: `http://127.0.0.1:${port}/v1` };
    await bench.admin('POST', '/providers', fields);
    await bench.addTargets('moody', ['moody moody']);
    const steady = load('moody', 20);
    await sleep(20_000);
    const calls = await steady.stop();
    server.closeAllConnections();
    server.close();
    report(
      'an upstream that fails two of five is asked, for each call',
      asked.length / calls.length,
      'times',
      '<= 1.2',
    );
    expect(asked.length).toBeLessThanOrEqual(1.2 * calls.length + 3 * 2);
    expect(asked.length).toBeGreaterThan(1.1 * calls.length);
  },
);

it('a target that said when to come back gets no call until then', async () => {
  const seconds = 3;
  await bench.addTargets('limited', [`upstream limited;status=429;retry_after=${seconds}`, 'upstream spare']);
  const steady = load('limited', 50);
  await sleep(seconds * 2_000 + 1_500);
  const calls = await steady.stop();
  const asked = askedOf(bench.sandbox, 'limited').map(({ at }) => at);
  const gaps = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
  const on = asked.slice(1).filter((_, index) => (gaps[index] ?? 0) > 500);
  // Of calls that several processes had on their way at once the first one's word is what all of them have heard.
  const said = [asked[0] ?? 0, ...on].map((first) =>
    workers > 1 ? first : Math.max(...asked.filter((at) => at >= first && at < first + 500)),
  );
  const long = on.map((at, index) => at - (said[index] ?? 0));
  report(
    `asked again after retry-after: ${seconds}, soonest`,
    Math.min(...long),
    'ms',
    `>= ${seconds * 1_000} ms`,
  );
  report(
    `asked again after retry-after: ${seconds}, latest`,
    Math.max(...long),
    'ms',
    `<= ${seconds * 1_000 + 1_000} ms`,
  );
  report('calls that were on their way when it said so', gaps.length - long.length, 'calls', '-');
  expect(calls.every(({ status }) => status === 200)).toBe(true);
  expect(long.length).toBeGreaterThanOrEqual(2);
  expect(Math.min(...long)).toBeGreaterThanOrEqual(seconds * 1_000 - 5);
  expect(Math.max(...long)).toBeLessThanOrEqual(seconds * 1_000 + 1_000);
});

it(
  'five failures in a row eject a target, and one probe at a time lets it back',
  { timeout: 60_000 },
  async () => {
    await bench.addTargets('back', ['broken back;delay=400', 'upstream spare']);
    bench.proxy.set({ isResetting: true });
    const before = bench.proxy.opened;
    const from = performance.now();
    const steady = load('back', 100);
    await until(() => bench.proxy.opened - before >= 5);
    await sleep(1_000);
    const withinASecond = bench.proxy.opened - before;
    await sleep(2_500);
    const tries = bench.proxy.opened - before;
    report(
      'a failing target is asked before it is ejected, at 100 calls a second',
      tries,
      'times',
      '5 and those under way',
    );
    expect(tries).toBe(withinASecond);
    bench.proxy.heal();
    await until(() => askedOf(bench.broken, 'back').some(({ completedAt }) => completedAt), 10_000);
    const openMs = performance.now() - from;
    const probes = askedOf(bench.broken, 'back').filter(({ at }) => at <= Date.now());
    await until(() => askedOf(bench.broken, 'back').length > 20, 10_000);
    const calls = await steady.stop();
    const firstDone = Math.min(
      ...askedOf(bench.broken, 'back').map(({ completedAt }) => completedAt ?? Infinity),
    );
    const during = askedOf(bench.broken, 'back').filter(({ at }) => at < firstDone);
    report('probes at once while a probe took 400 ms', mostAtOnce(during), 'calls', '1 of each process');
    report('a target that is well again is back after', openMs, 'ms', '5 s and a probe');
    report('calls that failed meanwhile', calls.filter(({ status }) => status !== 200).length, 'calls', '0');
    expect(probes.length).toBeGreaterThanOrEqual(1);
    expect(mostAtOnce(during)).toBeGreaterThanOrEqual(1);
    expect(mostAtOnce(during)).toBeLessThanOrEqual(workers);
    // Each process counts for itself, and the first that finds it out tells the others.
    expect(tries).toBeLessThanOrEqual(8 + 4 * (workers - 1));
    expect(calls.every(({ status }) => status === 200)).toBe(true);
  },
);

it('the last target that a call has is asked though it is ejected', async () => {
  await bench.addTargets('last', ['broken last']);
  bench.proxy.set({ isResetting: true });
  bench.proxy.resetLive();
  for (let time = 0; time < 6; time++) expect((await call('last')).status).toBe(503);
  const before = bench.proxy.opened;
  expect((await call('last')).status).toBe(503);
  expect(bench.proxy.opened).toBeGreaterThan(before);
  bench.proxy.heal();
  const healedAt = performance.now();
  expect((await call('last')).status).toBe(200);
  report(
    'the last target of a call, ejected and well again, answers after',
    performance.now() - healedAt,
    'ms',
    '-',
  );
});

it('clients that err or leave eject nobody', async () => {
  await bench.addTargets('innocent', ['upstream innocent;status=400', 'upstream other']);
  await bench.addTargets('left', ['upstream left;chunks=1000;gap=10', 'upstream other']);
  await bench.addTargets('left-early', ['upstream left-early;delay=60000', 'upstream other']);
  for (let time = 0; time < 25; time++) {
    expect((await call('innocent')).status).toBe(400);
    const early = new StreamClient({ url: bench.url, key: bench.key, body: { model: 'left-early' } });
    await until(() => askedOf(bench.sandbox, 'left-early').length === time + 1);
    early.leave();
    const client = new StreamClient({
      url: bench.url,
      key: bench.key,
      body: { model: 'left', stream: true },
    });
    await client.received(1);
    client.leave();
  }
  report('client errors and aborts in a row', 75, 'calls', 'eject nobody');
  expect(askedOf(bench.sandbox, 'innocent')).toHaveLength(25);
  expect(askedOf(bench.sandbox, 'left')).toHaveLength(25);
  expect(askedOf(bench.sandbox, 'left-early')).toHaveLength(25);
  expect(askedOf(bench.sandbox, 'other')).toHaveLength(0);
});

it('a provider never has more calls at once than max_parallel', async () => {
  const allowed = 5;
  // Each process has an equal part of it.
  const most = Math.floor(allowed / workers) * workers;
  const fields = { name: 'narrow', type: 'sandbox', base_url: bench.sandbox.url, max_parallel: allowed };
  await bench.admin('POST', '/providers', fields);
  await bench.addTargets('narrow', ['narrow narrow;delay=500']);
  const answers = await Promise.all(Array.from({ length: 60 }, () => call('narrow')));
  const ok = answers.filter(({ status }) => status === 200).length;
  const busy = answers.filter(({ json }) => json?.error?.code === 'provider_busy');
  const peak = mostAtOnce(askedOf(bench.sandbox, 'narrow'));
  report(`calls at once at a provider of max_parallel ${allowed}, of 60`, peak, 'calls', `<= ${allowed}`);
  report('of those, answered', ok, 'calls', `${most} and the ${most * 4} in line`);
  expect(peak).toBe(most);
  expect(ok + busy.length).toBe(60);
  expect(ok).toBe(most * 5);
  expect(busy.every(({ headers }) => headers.get('retry-after') === '1')).toBe(true);
});
