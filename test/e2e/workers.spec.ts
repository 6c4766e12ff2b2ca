import { readdirSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { signalIfThere } from '../support/child-processes.js';
import { freePort } from '../support/free-port.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { MASTER_KEY } from '../support/gateway.js';
import { valueOf } from '../support/metrics.js';
import { createDatabase } from '../support/postgres-server.js';
import { readSpool } from '../support/records.js';
import { ReplicaBench } from '../support/replica-bench.js';
import { StreamClient } from '../support/stream-client.js';
import { until } from '../support/until.js';

const postgresUrl = inject('postgresUrl');

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let bench: ReplicaBench;
let gateway: GatewayProcess;
let metricsPort: number;

const start = (extra: Record<string, string> = {}): Promise<GatewayProcess> =>
  bench.start('one', { PLLM_WORKERS: '2', PLLM_METRICS_PORT: String(metricsPort), ...extra });

/** On a connection of its own, so that the workers have them in turn, unless there is an agent. */
const ask = (key: string, model = 'quick', agent: Agent | false = false): StreamClient =>
  new StreamClient({ url: gateway.url, key, body: { model, stream: model !== 'quick' }, agent });

async function statusesOf(calls: StreamClient[]): Promise<(number | undefined)[]> {
  await Promise.all(calls.map((call) => call.ended()));
  return calls.map(({ status }) => status);
}

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
const countOf = (statuses: (number | undefined)[], status: number): number =>
  statuses.filter((each) => each === status).length;

async function limited(limits: object): Promise<{ id: string; key: string }> {
  const made = await gateway.admin('POST', '/keys', { name: 'limited', limits });
  // Every worker has heard of it: none of two by two in turn has not.
  await until(
    async () => countOf(await statusesOf(times(6, () => ask(made.key, 'no-such-model'))), 404) === 6,
  );
  return made;
}

const scrape = async (): Promise<string> => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
const callsCounted = async (): Promise<number> =>
  valueOf(await scrape(), 'pllm_requests_total', { gen_ai_request_model: 'quick' });

/** What the workers say of themselves, each a few times. */
function systems(): Promise<
  { started_at: string; replicas: number; workers: number; redis: { state: string } }[]
> {
  // A connection of its own for each.
  const headers = { authorization: `Bearer ${MASTER_KEY}`, connection: 'close' };
  const show = async () => (await fetch(`${gateway.url}/v1/admin/system`, { headers })).json();
  return Promise.all(times(8, show)) as ReturnType<typeof systems>;
}

/** Two of them take calls, the one that is dead no more. */
const isReplaced = (dead: number) =>
  until(async () => {
    const startedAt = new Set((await systems()).map(({ started_at }) => started_at));
    return !gateway.workers.includes(dead) && startedAt.size === 2;
  }, 30_000);

/** Whose folders are in the spool, by their ids. */
const spoolers = (): number[] =>
  readdirSync(join(bench.folder, 'one', 'spool')).map((name) => Number.parseInt(name, 10));

/** That each of these calls has one record. */
async function expectRecords(calls: StreamClient[]): Promise<void> {
  const ids = calls.map((call) => call.requestId);
  const found = async () => (await bench.recordIds()).filter((id) => ids.includes(id)).sort();
  await until(async () => (await found()).length >= ids.length, 20_000);
  expect(await found()).toEqual(ids.sort());
}

describe.runIf(postgresUrl)('a gateway of two workers', () => {
  beforeAll(async () => {
    metricsPort = await freePort();
    bench = new ReplicaBench(await createDatabase({ url: postgresUrl ?? '' }));
    gateway = await start();
    await bench.addUpstream(gateway);
    await until(async () => countOf(await statusesOf(times(6, () => ask(MASTER_KEY))), 200) === 6);
  });
  afterAll(() => bench.close());

  it('is one gateway, of which both take calls', async () => {
    expect(gateway.workers).toHaveLength(2);
    await until(async () => (await systems()).every(({ replicas }) => replicas === 1));
    const shown = await systems();
    expect(new Set(shown.map(({ started_at }) => started_at)).size).toBe(2);
    expect(new Set(shown.map(({ workers }) => workers))).toEqual(new Set([2]));
  });

  it('counts requests per minute to the call', async () => {
    const { key } = await limited({ rpm: 20 });
    const agent = new Agent({ keepAlive: true, maxSockets: 30 });
    const statuses = await statusesOf(times(60, () => ask(key, 'quick', agent)));
    agent.destroy();
    expect([countOf(statuses, 200), countOf(statuses, 429)]).toEqual([20, 40]);
  });

  it('counts calls at the same time to the call, and gives their places back', async () => {
    const { key } = await limited({ parallel: 3 });
    for (let round = 0; round < 2; round++) {
      const calls = times(20, () => ask(key, 'steady'));
      await until(() => calls.every(({ status }) => status !== undefined));
      expect(
        countOf(
          calls.map(({ status }) => status),
          200,
        ),
      ).toBe(3);
      for (const call of calls) call.leave();
      await until(async () => countOf(await statusesOf([ask(key)]), 200) === 1);
      await until(async () => countOf(await statusesOf(times(3, () => ask(key))), 200) === 3);
    }
  });

  it('refuses a revoked key in both', async () => {
    const { id, key } = await limited({});
    expect(countOf(await statusesOf(times(6, () => ask(key))), 200)).toBe(6);
    await gateway.admin('POST', `/keys/${id}/revoke`);
    await until(async () => countOf(await statusesOf(times(6, () => ask(key))), 401) === 6);
    expect(countOf(await statusesOf(times(20, () => ask(key))), 401)).toBe(20);
  });

  it('tells metrics of all calls, whoever had them', async () => {
    const before = await callsCounted();
    expect(countOf(await statusesOf(times(41, () => ask(MASTER_KEY))), 200)).toBe(41);
    expect((await callsCounted()) - before).toBe(41);
  });

  it('loses what a killed worker had in flight, and nothing else', async () => {
    const { key } = await limited({ parallel: 40 });
    const before = await callsCounted();
    const done = times(20, () => ask(MASTER_KEY));
    expect(countOf(await statusesOf(done), 200)).toBe(20);
    const calls = times(20, () => ask(key, 'steady'));
    await Promise.all(calls.map((call) => call.received(2)));
    expect((await callsCounted()) - before).toBe(20);
    const [killed = 0] = gateway.workers;
    signalIfThere(killed, 'SIGKILL');
    await Promise.all(calls.map((call) => call.ended()));
    const whole = calls.filter((call) => call.isDone);
    const lost = calls.filter(({ bodyEnd }) => bodyEnd === 'reset');
    expect(whole.length + lost.length).toBe(20);
    // Connections go to whichever worker has taken its last one: each has some.
    for (const some of [whole, lost]) expect(some.length).toBeGreaterThan(0);
    await isReplaced(killed);
    await expectRecords([...done, ...whole]);
    // The dead one's was taken, and the living one's was not.
    expect(spoolers().sort()).toEqual(gateway.workers.sort());
    expect(gateway.stdout).toContain('"event":"worker_ended"');
    expect((await callsCounted()) - before).toBe(20);
    // The dead one's places are free.
    const again = times(41, () => ask(key, 'steady'));
    await until(() => again.every(({ status }) => status !== undefined));
    expect(
      countOf(
        again.map(({ status }) => status),
        200,
      ),
    ).toBe(40);
    for (const call of again) call.leave();
  });

  it('hands the connections that a killed worker did not take to another one', async () => {
    const [stuck = 0] = gateway.workers;
    signalIfThere(stuck, 'SIGSTOP');
    const calls = times(10, () => ask(MASTER_KEY));
    // All but the one that was handed to it.
    await until(() => calls.filter(({ status }) => status === 200).length === 9);
    expect(calls.filter(({ bodyEnd }) => bodyEnd === undefined)).toHaveLength(1);
    signalIfThere(stuck, 'SIGKILL');
    expect(countOf(await statusesOf(calls), 200)).toBe(10);
    await isReplaced(stuck);
  });

  it('says once why it does not start, and ends', async () => {
    const { port } = new URL(gateway.url);
    const second = bench.launch('two', { PLLM_WORKERS: '2', PORT: port });
    expect(await second.ended()).toEqual({ code: 1, signal: null });
    expect(second.stderr).toMatch(/^pllm: bind EADDRINUSE[^\n]*\n$/);
    expect(second.stdout).not.toContain('PLLM listens');
  });

  it('finishes what is in flight at SIGTERM, to whichever of its processes it is sent', async () => {
    const calls = times(12, () => ask(MASTER_KEY, 'steady'));
    await Promise.all(calls.map((call) => call.received(2)));
    for (const id of [...gateway.workers, gateway.pid]) signalIfThere(id, 'SIGTERM');
    await Promise.all(calls.map((call) => call.ended()));
    expect(calls.filter((call) => call.isDone)).toHaveLength(12);
    expect(await gateway.ended()).toEqual({ code: 0, signal: null });
    expect(spoolers()).toEqual([]);
    await expectRecords(calls);
  });

  it('tells once of a fault that all of them find', async () => {
    gateway = await start({ REDIS_URL: `redis://127.0.0.1:${await freePort()}` });
    await until(async () => (await systems()).every(({ redis }) => redis.state === 'down'));
    gateway.signal('SIGTERM');
    await gateway.ended();
    const told = gateway.stdout.split('\n').filter((line) => line.includes('"event":"feed_redis"'));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('ECONNREFUSED');
  });

  it('that lost its primary finishes what is in flight, and ends', async () => {
    gateway = await start();
    const calls = times(12, () => ask(MASTER_KEY, 'steady'));
    await Promise.all(calls.map((call) => call.received(2)));
    const { workers } = gateway;
    gateway.signal('SIGKILL');
    await Promise.all(calls.map((call) => call.ended()));
    expect(calls.filter((call) => call.isDone)).toHaveLength(12);
    await until(() => workers.every((id) => !signalIfThere(id, 0)), 10_000);
    await expectRecords(calls);
  });

  it('leaves nothing behind when it is one process from then on', async () => {
    gateway = await start();
    const calls = times(30, () => ask(MASTER_KEY));
    await Promise.all(calls.map((call) => call.ended()));
    await gateway.killHard();
    gateway = await start({ PLLM_WORKERS: '1' });
    expect(gateway.workers).toEqual([]);
    await expectRecords(calls);
    await until(() => readSpool(join(bench.folder, 'one')) === '');
  });
});
