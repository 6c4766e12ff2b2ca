import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { report } from '../support/figures.js';
import { startOwnPostgres } from '../support/postgres-server.js';
import type { OwnPostgres } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { COST, DOLLAR, SpendingBench, countOf } from '../support/spending-bench.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

const REPEATS = 20;
const CALLS = 200;

let postgres: OwnPostgres;
let redis: RedisServer | undefined;
let bench: SpendingBench;

beforeAll(async () => {
  postgres = await startOwnPostgres();
});
afterAll(() => postgres.stop());

/** An answer of a hundred tokens would cost a dime; the sandbox writes seven. */
const BY_TOKENS = { input_per_mtok: '10', output_per_mtok: '1000' };
const HUNDRED = { max_tokens: 100 };

/** The least and the most that was spent of a dollar. */
function reportSpent(what: string, spent: readonly number[]): void {
  report(`${what}: most that was spent of a dollar`, Math.max(...spent) / DOLLAR, 'USD', '<= 1.00');
  report(`${what}: least that was spent of a dollar`, Math.min(...spent) / DOLLAR, 'USD', 'close to it');
}

const areKnown = (statuses: readonly number[]): void =>
  expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);

describe.each([
  ['Postgres alone', false],
  ['Postgres and Redis', true],
])('two gateways on %s', (name, withRedis) => {
  beforeAll(async () => {
    redis = withRedis ? await RedisServer.start() : undefined;
    bench = await SpendingBench.start(postgres, redis && { REDIS_URL: redis.url });
    await bench.addModel('tokens', 'tokens', BY_TOKENS);
    await bench.addModel('brief', 'brief', { ...BY_TOKENS, output_per_mtok: '100' });
    await bench.addModel('long', 'long;chunks=1000;delay=200', { ...BY_TOKENS, output_per_mtok: '40' });
  });
  afterAll(async () => {
    await bench.close();
    await redis?.stop();
  });

  it(`spend a strict dollar by ${CALLS} calls of two cents, and never more`, async () => {
    const spent: number[] = [];
    for (let time = 0; time < REPEATS; time++) {
      const { id, key } = await bench.addKey({ budget: { usd: '1', period: 'total', mode: 'strict' } });
      const statuses = await bench.spend(key, CALLS);
      areKnown(statuses);
      const account = await bench.settled(id);
      expect(account).toEqual({ spent: countOf(statuses, 200) * COST, reserved: 0, withheld: 0 });
      spent.push(account.spent);
    }
    reportSpent(name, spent);
    expect(Math.max(...spent)).toBeLessThanOrEqual(DOLLAR);
    expect(Math.min(...spent)).toBeGreaterThanOrEqual(DOLLAR - COST);
  });

  it('spend the strict dollar of a team by two keys, and never more', async () => {
    const spent: number[] = [];
    for (let time = 0; time < REPEATS; time++) {
      const team = await bench.at(0).admin('POST', '/teams', {
        name: `team-${time}`,
        budget: { usd: '1', period: 'total', mode: 'strict' },
      });
      const keys = [];
      for (let at = 0; at < 2; at++) keys.push(await bench.addKey({ team_id: team.id }));
      const statuses = await Promise.all(keys.map(({ key }) => bench.spend(key, CALLS / 2)));
      statuses.forEach(areKnown);
      spent.push((await bench.settled(team.id)).spent);
    }
    reportSpent(`${name}, a team of two keys`, spent);
    expect(Math.max(...spent)).toBeLessThanOrEqual(DOLLAR);
    expect(Math.min(...spent)).toBeGreaterThanOrEqual(DOLLAR - COST);
  });

  it('spend a strict dollar by calls that may cost far more than they do', async () => {
    const { id, key } = await bench.addKey({ budget: { usd: '1', period: 'total', mode: 'strict' } });
    const bound = 10 * 150 * 1_000 + HUNDRED.max_tokens * 1_000_000;
    let [calls, refusedAt] = [0, 0];
    const from = performance.now();
    // Nobody is let in any more: not at once, and not two seconds later.
    for (let seen = performance.now(); performance.now() - seen < 2_000;) {
      const statuses = await bench.spend(key, 20, 'tokens', HUNDRED);
      areKnown(statuses);
      const admitted = countOf(statuses, 200);
      if (admitted > 0) seen = performance.now();
      if (admitted < 20 && refusedAt === 0) refusedAt = calls + admitted;
      calls += admitted;
    }
    const took = performance.now() - from;
    const { spent } = await bench.settled(id);
    const what = `${name}, bound far above the cost`;
    report(`${what}: bound of a call over its cost`, bound / (spent / calls), 'times', '-');
    report(`${what}: calls`, calls, 'calls', '-');
    report(`${what}: first refused behind`, refusedAt, 'calls', '-');
    report(`${what}: spent by`, took / 1_000, 's', '-');
    report(`${what}: left of the dollar`, (DOLLAR - spent) / DOLLAR, 'USD', 'less than a call may cost');
    expect(spent).toBeLessThanOrEqual(DOLLAR);
    expect(DOLLAR - spent).toBeLessThan(bound);
  });

  it('overspend a balanced dollar by what is in flight, and no more', async () => {
    const { id, key } = await bench.addKey({ budget: { usd: '1', period: 'total', mode: 'balanced' } });
    const atOnce = 10;
    let isSpent = false;
    const work = async (index: number): Promise<void> => {
      while (!isSpent) {
        const status = await bench.spendAt(index % 2, key, 'long');
        areKnown([status]);
        isSpent ||= status === 429;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, (_, index) => work(index)));
    const { spent } = await bench.settled(id);
    const [row] = await bench.replicas.sql<{ most: string }>(
      'SELECT max(cost_nanos) AS most FROM usage_record WHERE key_id = $1',
      [id],
    );
    // As many again may be over, and not yet in the database.
    const allowed = 2 * atOnce * Number(row?.most);
    report(
      `${name}, balanced, ${atOnce} at once: overspent by`,
      (spent - DOLLAR) / DOLLAR,
      'USD',
      `<= ${allowed / DOLLAR}`,
    );
    expect(spent).toBeGreaterThanOrEqual(DOLLAR - Number(row?.most));
    expect(spent).toBeLessThanOrEqual(DOLLAR + allowed);
  });

  it('refuse no call of a balanced dollar that has room for what calls cost', async () => {
    const { id, key } = await bench.addKey({ budget: { usd: '1', period: 'total', mode: 'balanced' } });
    for (let wave = 0; wave < 4; wave++) {
      // Each names six dollars' worth of tokens.
      const statuses = await bench.spend(key, 10, 'brief', { max_tokens: 60_000 });
      expect(countOf(statuses, 200)).toBe(10);
    }
    const { spent } = await bench.settled(id);
    expect(spent).toBeLessThan(DOLLAR);
  });
});
