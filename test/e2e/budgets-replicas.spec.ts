import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { COST, DOLLAR, SpendingBench, countOf } from '../support/spending-bench.js';
import { until } from '../support/until.js';

const postgresUrl = inject('postgresUrl');

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const ONE_DOLLAR = { usd: '1', period: 'total', mode: 'strict' };
const WHOLE = { spent: DOLLAR, reserved: 0, withheld: 0 };

let bench: SpendingBench;

describe.runIf(postgresUrl)('the budgets of two gateways on one Postgres', () => {
  beforeAll(async () => {
    bench = await SpendingBench.start({ url: postgresUrl ?? '' });
  });
  afterAll(() => bench.close());

  it.each([1, 2])('are spent and not overspent by calls at once, time %i', async () => {
    const { id, key } = await bench.addKey({ budget: ONE_DOLLAR });
    const statuses = await bench.spend(key, 100);
    const answered = countOf(statuses, 200);
    expect(answered + countOf(statuses, 429)).toBe(100);
    expect(answered).toBeLessThanOrEqual(50);
    // What one of them has idle may come too late for the other's call, and is there for a later one.
    await until(async () => {
      await bench.spend(key, 2);
      return (await bench.accountOf(id)).spent >= DOLLAR;
    }, 30_000);
    expect(await bench.settled(id)).toEqual(WHOLE);
  });

  it('are kept of a team and of its keys, all at once', async () => {
    const fields = { name: 'spenders', budget: ONE_DOLLAR };
    const { id: team_id } = await bench.at(0).admin('POST', '/teams', fields);
    const small = await bench.addKey({ team_id, budget: { ...ONE_DOLLAR, usd: '0.3' } });
    const large = await bench.addKey({ team_id, budget: { ...ONE_DOLLAR, usd: '0.9', period: 'day' } });
    const [ofSmall, ofLarge] = await Promise.all([bench.spend(small.key, 40), bench.spend(large.key, 60)]);
    const [spentBySmall, spentByLarge] = [countOf(ofSmall, 200) * COST, countOf(ofLarge, 200) * COST];
    expect(spentBySmall).toBeLessThanOrEqual(0.3 * DOLLAR);
    expect(spentByLarge).toBeLessThanOrEqual(0.9 * DOLLAR);
    await until(async () => (await bench.accountOf(team_id)).spent === spentBySmall + spentByLarge);
    // What one of a call's budgets had no room for is there in the others, and what is idle comes back: all is spent.
    await until(async () => {
      for (const { key } of [small, large]) await bench.spend(key, 10);
      return (await bench.accountOf(team_id)).spent >= DOLLAR;
    }, 30_000);
    expect(await bench.settled(team_id)).toEqual(WHOLE);
    const keys = await Promise.all([bench.settled(small.id), bench.settled(large.id)]);
    expect(keys.reduce((sum, { spent }) => sum + spent, 0)).toBe(DOLLAR);
  });

  it('have back what a gateway had leased when it stops', async () => {
    const { id, key } = await bench.addKey({ budget: { ...ONE_DOLLAR, usd: '100' } });
    for (let time = 0; time < 20; time++) await bench.spendAt(1, key);
    expect((await bench.accountOf(id)).reserved).toBeGreaterThan(0);
    bench.at(1).signal('SIGTERM');
    expect(await bench.at(1).ended()).toEqual({ code: 0, signal: null });
    expect(await bench.accountOf(id)).toEqual({ spent: 20 * COST, reserved: 0, withheld: 0 });
    await bench.restart(1);
  });

  it('are not overspent by what a killed gateway had asked for', async () => {
    const { id, key } = await bench.addKey({ budget: ONE_DOLLAR });
    const slow = bench.spend(key, 20, 'slow');
    await until(() => bench.underWay === 20);
    await bench.at(1).killHard();
    const statuses = await Promise.all(Array.from({ length: 100 }, () => bench.spendAt(0, key)));
    const all = [...statuses, ...(await slow)];
    const [answered, forNobody] = [countOf(all, 200), countOf(all, 0)];
    expect(forNobody).toBe(10);
    expect((answered + forNobody) * COST).toBeLessThanOrEqual(DOLLAR);
    expect(answered).toBeGreaterThan(10);
    await until(async () => (await bench.accountOf(id)).spent === answered * COST);
    const { spent, reserved } = await bench.accountOf(id);
    expect(reserved).toBeGreaterThanOrEqual(forNobody * COST);
    expect(spent + reserved).toBeLessThanOrEqual(DOLLAR);
  });
});
