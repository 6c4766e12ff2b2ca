import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { GatewayProcess } from '../support/gateway-process.js';
import { createDatabase } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { ReplicaBench, call } from '../support/replica-bench.js';
import { HELLO, StreamClient } from '../support/stream-client.js';
import { until } from '../support/until.js';

const postgresUrl = inject('postgresUrl');

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let bench: ReplicaBench;
let gateways: GatewayProcess[];

/** Two gateways that know of each other. */
async function start(extra: Record<string, string> = {}): Promise<void> {
  bench = new ReplicaBench(await createDatabase({ url: postgresUrl ?? '' }));
  gateways = await Promise.all([bench.start('one', extra), bench.start('two', extra)]);
  await bench.addUpstream(gateways[0] as GatewayProcess);
  for (const gateway of gateways) {
    await until(async () => (await gateway.admin('GET', '/system')).replicas === 2, 20_000);
  }
}

/** A key that every gateway knows, its calls uncounted so far. */
async function limited(limits: object, rest: object = {}): Promise<string> {
  const fields = { name: 'shared', limits, ...rest };
  const { key } = await (gateways[0] as GatewayProcess).admin('POST', '/keys', fields);
  for (const gateway of gateways) {
    await until(async () => (await call(gateway, key, 'no-such-model')).status === 404, 5_000);
  }
  return key;
}

/** How many of so many calls, sent to the gateways in turn, each of them admits. */
async function admittedOf(count: number, key: string, among = gateways): Promise<number[]> {
  const answers = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const at = index % among.length;
      return { at, status: (await call(among[at] as GatewayProcess, key)).status };
    }),
  );
  expect(answers.filter(({ status }) => status !== 200 && status !== 429)).toEqual([]);
  return among.map((_, at) => answers.filter((answer) => answer.at === at && answer.status === 200).length);
}

describe.runIf(postgresUrl)('the limits of two gateways on one Postgres', () => {
  beforeAll(() => start());
  afterAll(() => bench.close());

  it('are in equal parts', async () => {
    expect(await admittedOf(60, await limited({ rpm: 20 }))).toEqual([10, 10]);
  });
});

describe.runIf(postgresUrl)('the limits of two gateways with a Redis beside', () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start();
    await start({ REDIS_URL: redis.url });
  });
  afterAll(async () => {
    await bench.close();
    await redis.stop();
  });

  const sum = (counts: number[]): number => counts.reduce((all, count) => all + count, 0);
  const [ONE, TWO] = [0, 1];
  const at = (index: number): GatewayProcess => gateways[index] as GatewayProcess;
  const ask = async (index: number, key: string, rest: object = {}) => {
    const response = await fetch(`${at(index).url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'quick', messages: HELLO, ...rest }),
    });
    await response.arrayBuffer();
    const left = (what: string) => Number(response.headers.get(`x-ratelimit-remaining-${what}`));
    const retryMs = Number(response.headers.get('retry-after-ms'));
    return { status: response.status, requests: left('requests'), tokens: left('tokens'), retryMs };
  };

  it('are spent by either, and by both together', async () => {
    const spent = sum(await admittedOf(100, await limited({ rpm: 40 })));
    expect(spent).toBeGreaterThanOrEqual(40);
    expect(spent).toBeLessThanOrEqual(43);
    expect(await admittedOf(30, await limited({ rpm: 20 }), [at(ONE)])).toEqual([20]);
    const key = await limited({ rpm: 3 });
    expect(
      [await ask(ONE, key), await ask(TWO, key), await ask(ONE, key)].map(({ requests }) => requests),
    ).toEqual([2, 1, 0]);
    const { status, retryMs } = await ask(TWO, key);
    expect(status).toBe(429);
    expect(retryMs).toBeGreaterThan(50_000);
    expect(retryMs).toBeLessThanOrEqual(60_100);
  });

  it('of a team are one for all of its keys, beside their own', async () => {
    const { id } = await at(ONE).admin('POST', '/teams', { name: 'limited', limits: { rpm: 40 } });
    const keys = [await limited({}, { team_id: id }), await limited({ rpm: 10 }, { team_id: id })];
    // `limited` asked each gateway for a model that is not there, which is no call: nothing is counted of it.
    const [free = 0, bounded = 0] = (await Promise.all(keys.map((key) => admittedOf(60, key)))).map(sum);
    expect(bounded).toBeLessThanOrEqual(13);
    expect(free + bounded).toBeGreaterThanOrEqual(40);
    expect(free + bounded).toBeLessThanOrEqual(43);
    expect((await ask(ONE, keys[0] as string)).status).toBe(429);
  });

  it('have their tokens put right', async () => {
    const key = await limited({ tpm: 1_000 });
    const first = await ask(ONE, key, { max_tokens: 900 });
    expect(first.tokens).toBeLessThan(100);
    await until(async () => (await ask(TWO, key)).tokens > 800, 2_000);
    expect((await ask(TWO, key, { max_tokens: 700 })).status).toBe(200);
  });

  it('of calls at the same time are given back by who ends, and by who dies', async () => {
    const key = await limited({ parallel: 4 });
    const body = { model: 'endless', messages: HELLO, stream: true };
    await at(ONE).admin('POST', '/models', {
      id: 'endless',
      targets: [{ provider: 'upstream', model: 'endless;chunks=2000;gap=50' }],
    });
    await until(
      async () => (await ask(TWO, await limited({}), { model: 'endless', max_tokens: 1 })).status === 200,
    );
    const streams: StreamClient[] = [];
    for (const index of [ONE, ONE, TWO, TWO]) {
      const stream = new StreamClient({ url: at(index).url, key, body });
      await until(() => stream.text.includes('data:'));
      streams.push(stream);
    }
    for (const index of [ONE, TWO]) expect((await ask(index, key)).status).toBe(429);
    streams[0]?.leave();
    await until(async () => (await ask(TWO, key)).status === 200, 3_000);
    const last = new StreamClient({ url: at(ONE).url, key, body });
    await until(() => last.text.includes('data:'));
    expect((await ask(ONE, key)).status).toBe(429);
    await at(TWO).killHard();
    expect((await ask(ONE, key)).status).toBe(429);
    // Those of the living one are renewed as long as they go on: two of four are left.
    const more: StreamClient[] = [];
    for (let place = 0; place < 2; place++) {
      await until(async () => (await ask(ONE, key)).status === 200, 15_000);
      const stream = new StreamClient({ url: at(ONE).url, key, body });
      more.push(stream);
      await until(() => stream.text.includes('data:'));
    }
    expect((await ask(ONE, key)).status).toBe(429);
    for (const stream of [...streams, ...more, last]) stream.leave();
    gateways[TWO] = await bench.start('two', { REDIS_URL: redis.url });
  });

  it.each(['frozen', 'stopped'])(
    'hold in equal parts while it is %s, and together again after it',
    async (how) => {
      const [held, later] = [await limited({ rpm: 20 }), await limited({ rpm: 20 })];
      for (const gateway of gateways) {
        await until(async () => (await gateway.admin('GET', '/system')).replicas === 2, 70_000);
      }
      if (how === 'frozen') redis.freeze();
      else await redis.stop();
      expect(await admittedOf(60, held)).toEqual([10, 10]);
      if (how === 'frozen') redis.thaw();
      else await redis.start();
      // Redis counts again when one has spent more than its part.
      await until(
        async () => (await admittedOf(30, await limited({ rpm: 20 }), [at(ONE)]))[0] === 20,
        20_000,
      );
      await until(
        async () => (await admittedOf(30, await limited({ rpm: 20 }), [at(TWO)]))[0] === 20,
        20_000,
      );
      expect(sum(await admittedOf(60, later))).toBeLessThanOrEqual(23);
    },
  );
});
