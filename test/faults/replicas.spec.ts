import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { startBalancer } from '../support/balancer.js';
import { median, quantile, report } from '../support/figures.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { createDatabase, freePort, startOwnPostgres } from '../support/postgres-server.js';
import type { OwnPostgres } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { ReplicaBench, call, faultLines } from '../support/replica-bench.js';
import { SteadyLoad } from '../support/steady-load.js';
import type { LoadedCall } from '../support/steady-load.js';
import { StreamClient } from '../support/stream-client.js';
import { until } from '../support/until.js';

const RATE = 200;
const AWAY_MS = 30_000;
const STREAMS = 200;

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

let postgres: OwnPostgres;
let bench: ReplicaBench;

beforeAll(async () => {
  postgres = await startOwnPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  bench = new ReplicaBench(await createDatabase(postgres));
});
afterEach(() => bench.close());

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const newKey = (gateway: GatewayProcess): Promise<{ id: string; key: string }> =>
  gateway.admin('POST', '/keys', { name: 'measured' });

/** Every call has one record and no record is another's. */
async function reportRecords(what: string, calls: readonly LoadedCall[]): Promise<void> {
  const sent = new Set(calls.map(({ requestId }) => requestId));
  await until(async () => (await bench.recordIds()).length >= sent.size, 30_000).catch(() => {});
  const kept = await bench.recordIds();
  const ofThese = kept.filter((id) => sent.has(id));
  const lost = sent.size - new Set(ofThese).size;
  report(`${what}: records lost`, lost, 'records', '0');
  report(`${what}: records twice`, ofThese.length - new Set(ofThese).size, 'records', '0');
  expect(lost).toBe(0);
  expect(ofThese).toHaveLength(sent.size);
}

function reportFailures(what: string, calls: readonly LoadedCall[]): void {
  const failed = calls.filter(({ status }) => status !== 200);
  report(`${what}: calls of known keys`, calls.length, 'calls', `${RATE} a second`);
  report(`${what}: of those failed`, failed.length, 'calls', '0');
  expect(failed).toEqual([]);
}

const p99 = (calls: readonly LoadedCall[]) =>
  quantile(
    calls.map(({ ms }) => ms),
    0.99,
  );

async function measureRevocations(
  what: string,
  env: Record<string, string>,
  promisedMs: number,
): Promise<void> {
  const [one, two] = await Promise.all([bench.start('one', env), bench.start('two', env)]);
  await bench.addUpstream(one);
  const took: number[] = [];
  for (let time = 0; time < 20; time++) {
    const { id, key } = await newKey(one);
    await until(async () => (await call(two, key)).status === 200);
    await one.admin('POST', `/keys/${id}/revoke`);
    const from = performance.now();
    await until(async () => (await call(two, key)).status === 401, 10_000);
    took.push(performance.now() - from);
  }
  report(`${what}: refused on the other gateway, median`, median(took), 'ms', `<= ${promisedMs} ms`);
  report(`${what}: refused on the other gateway, at most`, Math.max(...took), 'ms', `<= ${promisedMs} ms`);
  expect(Math.max(...took)).toBeLessThanOrEqual(promisedMs);
}

it('a revoked key is refused on the other gateway, told by Postgres', () =>
  measureRevocations('revoked, by Postgres', {}, 1_000));

it('a revoked key is refused on the other gateway, with a Redis beside', async () => {
  const redis = await RedisServer.start();
  await measureRevocations('revoked, with Redis', { REDIS_URL: redis.url }, 1_000);
  await redis.stop();
});

it('a revoked key is refused, though no notification came', async () => {
  const one = await bench.start('one');
  await bench.addUpstream(one);
  const took: number[] = [];
  for (let time = 0; time < 5; time++) {
    const { id, key } = await newKey(one);
    await until(async () => (await call(one, key)).status === 200);
    await bench.sql('UPDATE key SET revoked_at = now() WHERE id = $1', [id]);
    await bench.sql(
      `INSERT INTO audit_entry (actor, action, object_type, object_id, changes, request_id)
       VALUES ('master', 'revoke', 'key', $1, '{}', 'req_lost')`,
      [id],
    );
    const from = performance.now();
    await until(async () => (await call(one, key)).status === 401, 10_000);
    took.push(performance.now() - from);
  }
  report('revoked, notification lost: refused, at most', Math.max(...took), 'ms', '<= 5000 ms');
  expect(Math.max(...took)).toBeLessThanOrEqual(5_000);
});

const outages = {
  frozen: { leave: async () => postgres.freeze(), come: async () => postgres.thaw() },
  stopped: { leave: () => postgres.halt(), come: () => postgres.start() },
};

it.each(['frozen', 'stopped'] as const)(`Postgres %s for 30 s at ${RATE} requests/s`, async (how) => {
  const what = `Postgres ${how}`;
  const gateway = await bench.start('one');
  await bench.addUpstream(gateway);
  const { key } = await newKey(gateway);
  const load = new SteadyLoad({ url: gateway.url, key, model: 'quick', rate: RATE });
  await sleep(10_000);
  const before = load.calls.length;
  await outages[how].leave();
  const strangers: number[] = [];
  const from = performance.now();
  while (performance.now() - from < AWAY_MS) {
    const { status, retryAfter, ms } = await call(gateway, `sk-pllm-unknown-${strangers.length}`);
    expect([status, retryAfter]).toEqual([503, '1']);
    strangers.push(ms);
    await sleep(250);
  }
  const during = load.calls.slice(before);
  await outages[how].come();
  const backAt = performance.now();
  await until(async () => {
    const { state } = (await gateway.admin('GET', '/system')).database;
    return state === 'up';
  }, 30_000);
  report(`${what}: found to be back after`, performance.now() - backAt, 'ms', '<= 30000 ms');
  const calls = await load.stop();
  reportFailures(what, calls);
  const more = p99(during) - p99(calls.slice(Math.floor(before / 2), before));
  report(`${what}: p99 of known keys, more than before by`, more, 'ms', '<= 50 ms on a quiet machine');
  report(`${what}: 503 for an unknown key, median`, median(strangers), 'ms', 'at once');
  report(`${what}: 503 for an unknown key, at most`, Math.max(...strangers), 'ms', '<= 1000 ms');
  const lines = faultLines(gateway).length;
  report(`${what}: lines in the log`, lines, 'lines', '<= 10 a minute and fault');
  expect(lines).toBeLessThanOrEqual(10);
  await reportRecords(what, calls);
});

it('Redis frozen for 30 s', async () => {
  const redis = await RedisServer.start();
  const gateway = await bench.start('one', { REDIS_URL: redis.url });
  await bench.addUpstream(gateway);
  const { key } = await newKey(gateway);
  const load = new SteadyLoad({ url: gateway.url, key, model: 'quick', rate: RATE });
  await sleep(2_000);
  const lines = faultLines(gateway).length;
  redis.freeze();
  await sleep(AWAY_MS);
  const written = faultLines(gateway).length - lines;
  redis.thaw();
  const calls = await load.stop();
  reportFailures('Redis frozen', calls);
  report('Redis frozen: lines in the log', written, 'lines', '<= 10 a minute');
  expect(written).toBeGreaterThan(0);
  expect(written).toBeLessThanOrEqual(5);
  await redis.stop();
});

it(`SIGTERM with ${STREAMS} live streams`, async () => {
  const gateway = await bench.start('one');
  await bench.addUpstream(gateway);
  const { key } = await newKey(gateway);
  const live = Array.from(
    { length: STREAMS },
    () => new StreamClient({ url: gateway.url, key, body: { model: 'steady', stream: true } }),
  );
  await Promise.all(live.map((client) => client.received(1)));
  const from = performance.now();
  gateway.signal('SIGTERM');
  await until(async () => (await fetch(`${gateway.url}/ready`)).status === 503);
  report('SIGTERM: /ready is 503 after', performance.now() - from, 'ms', 'at once');
  await Promise.all(live.map((client) => client.ended(60_000)));
  expect(await gateway.ended()).toEqual({ code: 0, signal: null });
  report('SIGTERM: the process has ended after', performance.now() - from, 'ms', '-');
  const whole = live.filter((client) => client.isDone && client.bodyEnd === 'whole');
  report('SIGTERM: live streams that finished', whole.length, 'streams', `${STREAMS}`);
  expect(whole).toHaveLength(STREAMS);
  await reportRecords(
    'SIGTERM',
    live.map(({ requestId }) => ({ requestId, status: 200, ms: 0 })),
  );
});

it(`a rolling restart of two gateways behind a balancer at ${RATE} requests/s`, async () => {
  const ports = [await freePort(), await freePort()];
  const start = (index: number) =>
    bench.start(`gateway-${index}`, { PORT: String(ports[index]), PLLM_DRAIN_DELAY_SECONDS: '' });
  const gateways = await Promise.all([start(0), start(1)]);
  const balancer = await startBalancer(ports);
  try {
    await bench.addUpstream(gateways[0] as GatewayProcess);
    const { key } = await newKey(gateways[0] as GatewayProcess);
    for (const gateway of gateways) await until(async () => (await call(gateway, key)).status === 200);
    const load = new SteadyLoad({ url: balancer.url, key, model: 'quick', rate: RATE });
    await sleep(2_000);
    for (const index of [0, 1]) {
      gateways[index]?.signal('SIGTERM');
      expect(await gateways[index]?.ended()).toEqual({ code: 0, signal: null });
      gateways[index] = await start(index);
      await sleep(3_000);
    }
    const calls = await load.stop();
    reportFailures('rolling restart', calls);
    await reportRecords('rolling restart', calls);
  } finally {
    balancer.stop();
  }
});
