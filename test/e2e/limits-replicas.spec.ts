import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { GatewayProcess } from '../support/gateway-process.js';
import { createDatabase } from '../support/postgres-server.js';
import { ReplicaBench, call } from '../support/replica-bench.js';
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
async function limited(limits: object): Promise<string> {
  const { key } = await (gateways[0] as GatewayProcess).admin('POST', '/keys', { name: 'shared', limits });
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
