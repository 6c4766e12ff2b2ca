import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { report } from '../support/figures.js';
import { call } from '../support/replica-bench.js';
import { startOwnPostgres } from '../support/postgres-server.js';
import type { OwnPostgres } from '../support/postgres-server.js';
import { COST, DOLLAR, SpendingBench, countOf } from '../support/spending-bench.js';
import { StreamClient } from '../support/stream-client.js';
import { until } from '../support/until.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

/** The promise is 60 s. */
const SWEPT_MS = 60_000;

let postgres: OwnPostgres;
let bench: SpendingBench;

beforeAll(async () => {
  postgres = await startOwnPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  bench = await SpendingBench.start(postgres);
});
afterEach(() => bench.close());

const strict = (usd: string) => bench.addKey({ budget: { usd, period: 'total', mode: 'strict' } });
const balanced = (usd: string) => bench.addKey({ budget: { usd, period: 'total', mode: 'balanced' } });
/** Asked every half a second: each asking is a connection. */
const untilSoon = async (is: () => Promise<boolean>, patienceMs: number): Promise<number> => {
  const from = performance.now();
  await until(is, patienceMs);
  return performance.now() - from;
};

describe('a gateway that is killed', () => {
  it('in the middle of calls leaves nothing reserved, and no budget overspent', async () => {
    const [tight, loose] = [await strict('1'), await balanced('1')];
    const calls = [tight, loose].map(({ key }) => bench.spend(key, 20, 'slow'));
    await until(() => bench.underWay === 40);
    await bench.at(1).killHard();
    const from = performance.now();
    await Promise.all(calls);
    for (const { id } of [tight, loose]) {
      await untilSoon(async () => (await bench.accountOf(id)).reserved === 0, SWEPT_MS);
    }
    const took = (performance.now() - from) / 1_000;
    report('reservations of a killed gateway are let go of after', took, 's', '<= 60');
    expect(took).toBeLessThanOrEqual(60);
    expect((await bench.accountOf(loose.id)).withheld).toBe(0);
    expect((await bench.accountOf(tight.id)).withheld).toBeGreaterThanOrEqual(10 * COST);
    await bench.restart(1);
    await bench.spend(tight.key, 200);
    const { spent, withheld } = await bench.settled(tight.id);
    // The provider did ten calls for the dead one, of which nobody was told.
    report(
      'strict, with what the provider did for a killed gateway',
      (spent + 10 * COST) / DOLLAR,
      'USD',
      '<= 1.00',
    );
    expect(spent + 10 * COST).toBeLessThanOrEqual(DOLLAR);
    // What is left is less than a call, or a call that the other one's idle part came too late for.
    expect(spent + withheld).toBeGreaterThan(DOLLAR - 2 * COST);
    const { withheld_usd } = await bench.reconcile({ repair: true, release_withheld: true });
    expect(Number(withheld_usd)).toBe(withheld / DOLLAR);
    expect(await bench.accountOf(tight.id)).toEqual({ spent, reserved: 0, withheld: 0 });
    await until(async () => countOf(await bench.spend(tight.key, 20), 200) === 0);
    expect((await bench.settled(tight.id)).spent).toBeGreaterThanOrEqual(DOLLAR - COST);
    expect((await bench.accountOf(tight.id)).spent).toBeLessThanOrEqual(DOLLAR);
    await bench.spend(loose.key, 200);
    const { spent: ofLoose } = await bench.settled(loose.id);
    expect(ofLoose).toBeGreaterThanOrEqual(DOLLAR);
    // Each gateway's last call has whatever is left.
    expect(ofLoose).toBeLessThanOrEqual(DOLLAR + 2 * COST);
  });

  it('has its records brought in when it starts again', async () => {
    const { id, key } = await strict('10');
    expect(await Promise.all(Array.from({ length: 20 }, () => bench.spendAt(1, key)))).not.toContain(429);
    await until(async () => (await bench.recordedOf(id)) === 20 * COST);
    postgres.freeze();
    const statuses = [];
    for (let time = 0; time < 5; time++) statuses.push(await bench.spendAt(1, key));
    await bench.at(1).killHard();
    postgres.thaw();
    const answered = countOf(statuses, 200);
    expect(answered).toBeGreaterThan(0);
    await until(async () => (await bench.accountOf(id)).withheld > 0, SWEPT_MS);
    const before = await bench.accountOf(id);
    expect(before).toMatchObject({ spent: 20 * COST, reserved: 0 });
    await bench.restart(1);
    await until(async () => (await bench.accountOf(id)).spent > before.spent, 20_000);
    const after = await bench.settled(id);
    expect(after).toEqual({
      spent: (20 + answered) * COST,
      reserved: 0,
      withheld: before.withheld - answered * COST,
    });
    report(
      'withheld of a killed gateway, before and after its records are in',
      after.withheld / before.withheld,
      'of it',
      '< 1',
    );
  });
});

const outages = {
  frozen: { leave: async () => postgres.freeze(), come: async () => postgres.thaw() },
  stopped: { leave: () => postgres.halt(), come: () => postgres.start() },
};

describe.each(['frozen', 'stopped'] as const)('while Postgres is %s', (how) => {
  it('a strict budget spends what is leased, and all others go on', async () => {
    const free = await bench.addKey({});
    const [loose, tight] = [await balanced('100'), await strict('100')];
    const all = [free, loose, tight];
    for (const { key } of all) expect(countOf(await bench.spend(key, 20), 200)).toBe(20);
    await outages[how].leave();
    const statuses: number[][] = [];
    try {
      const answers = await Promise.all(all.map(({ key }) => Promise.race([bench.spend(key, 200), never()])));
      statuses.push(...answers);
      const refused = await call(bench.at(0), tight.key, 'costly');
      expect(refused).toMatchObject({ status: 503, retryAfter: '1' });
      report(`Postgres ${how}: a strict call is refused after`, refused.ms, 'ms', '-');
    } finally {
      await outages[how].come();
    }
    const [ofFree = [], ofLoose = [], ofTight = []] = statuses;
    report(
      `Postgres ${how}: calls without a strict budget that failed`,
      400 - countOf([...ofFree, ...ofLoose], 200),
      'calls',
      '0',
    );
    report(
      `Postgres ${how}: strict calls that were answered`,
      countOf(ofTight, 200),
      'of 200',
      'what was leased',
    );
    expect(countOf(ofFree, 200)).toBe(200);
    expect(countOf(ofLoose, 200)).toBe(200);
    expect(countOf(ofTight, 200)).toBeGreaterThan(0);
    expect(countOf(ofTight, 200) + countOf(ofTight, 503)).toBe(200);
    const counts = [220, 220, 20 + countOf(ofTight, 200)];
    for (const [index, { id }] of all.entries()) {
      await until(async () => (await bench.recordedOf(id)) === (counts[index] ?? 0) * COST, 60_000);
    }
    for (const { id } of [loose, tight]) expect((await bench.settled(id)).withheld).toBe(0);
  });
});

async function never(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('Calls are not answered.')), 30_000).unref();
  });
}

describe('whatever becomes of calls', () => {
  it('settles: broken streams, clients that leave, and errors', async () => {
    const price = { input_per_mtok: '10', output_per_mtok: '1000', per_request: '0.001' };
    const scripts = {
      cut: 'cut;chunks=20;gap=5;cut=5',
      stalled: 'stalled;chunks=20;stall=3',
      long: 'long;chunks=200;gap=20',
      failing: 'failing;status=500',
      refusing: 'refusing;status=400',
      late: 'late;error_after=3;chunks=9',
      whole: 'whole;chunks=3',
    };
    for (const [id, script] of Object.entries(scripts)) await bench.addModel(id, script, price);
    const tight = await strict('100');
    await until(async () => (await bench.spendAt(1, tight.key, 'whole', { max_tokens: 20 })) === 200, 10_000);
    const clients: StreamClient[] = [];
    for (const model of Object.keys(scripts)) {
      for (let time = 0; time < 10; time++) {
        const body = { model, stream: true, max_tokens: 300 };
        clients.push(new StreamClient({ url: bench.at(time % 2).url, key: tight.key, body }));
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    clients.forEach((client, index) => index % 3 === 0 && client.leave());
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    for (const client of clients) client.leave();
    const account = await bench.settled(tight.id);
    expect(account.withheld).toBe(0);
    const count = (await bench.replicas.recordIds()).length;
    expect(count).toBeGreaterThanOrEqual(clients.length);
  });

  it('SIGTERM gives back what is leased', async () => {
    const [tight, loose] = [await strict('100'), await balanced('100')];
    for (const { key } of [tight, loose]) await bench.spend(key, 20);
    const calls = [tight, loose].map(({ key }) => bench.spend(key, 10, 'slow'));
    await until(() => bench.underWay === 20);
    const ended = bench.gateways.map((gateway) => {
      gateway.signal('SIGTERM');
      return gateway.ended();
    });
    expect(await Promise.all(ended)).toEqual([0, 1].map(() => ({ code: 0, signal: null })));
    const statuses = await Promise.all(calls);
    for (const [index, { id }] of [tight, loose].entries()) {
      const answered = countOf(statuses[index] ?? [], 200);
      expect(answered).toBe(10);
      expect(await bench.accountOf(id)).toEqual({
        spent: await bench.recordedOf(id),
        reserved: 0,
        withheld: 0,
      });
      expect(await bench.recordedOf(id)).toBe((20 + answered) * COST);
    }
  });
});
