import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { startBalancer } from '../support/balancer.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { createDatabase, freePort } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { ReplicaBench, call, faultLines } from '../support/replica-bench.js';
import { SteadyLoad } from '../support/steady-load.js';
import { until } from '../support/until.js';

const postgresUrl = inject('postgresUrl');

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

let bench: ReplicaBench;
let one: GatewayProcess;
let two: GatewayProcess;

const becomes = (status: number, gateway: GatewayProcess, key: string, model?: string) =>
  until(async () => (await call(gateway, key, model)).status === status, 5_000);

const newKey = async (gateway: GatewayProcess): Promise<{ id: string; key: string }> =>
  gateway.admin('POST', '/keys', { name: 'shared' });

/** Whatever the news come by. */
function itTellsTheOther(): void {
  it('a key that is revoked, taken away or made is known to the other', async () => {
    const revoked = await newKey(one);
    const deleted = await newKey(one);
    for (const { key } of [revoked, deleted]) await becomes(200, two, key);
    await one.admin('POST', `/keys/${revoked.id}/revoke`);
    await one.admin('DELETE', `/keys/${deleted.id}`);
    for (const { key } of [revoked, deleted]) await becomes(401, two, key);
    const narrowed = await newKey(two);
    await becomes(200, one, narrowed.key);
    await two.admin('PATCH', `/keys/${narrowed.id}`, { models: ['other'] });
    await becomes(403, one, narrowed.key);
  });

  it('so is a team, with the first call of a key of it and whenever it changes', async () => {
    const { id } = await one.admin('POST', '/teams', { name: `team-${Math.random()}`, models: ['quick'] });
    // The other one may have heard of neither yet.
    const { key } = await two.admin('POST', '/keys', { name: 'shared', team_id: id });
    expect((await call(two, key)).status).toBe(200);
    expect((await call(one, key)).status).toBe(200);
    await two.admin('PATCH', `/teams/${id}`, { models: ['other'] });
    await becomes(403, one, key);
    await one.admin('PATCH', `/teams/${id}`, { models: null });
    await becomes(200, two, key);
  });

  it('so is a model that is made, changed or taken away, and its provider', async () => {
    const { key } = await newKey(one);
    const targets = [{ provider: 'upstream', model: 'quick' }];
    await one.admin('POST', '/models', { id: 'fresh', targets });
    await becomes(200, two, key, 'fresh');
    await two.admin('PATCH', '/models/fresh', { enabled: false });
    await becomes(404, one, key, 'fresh');
    await two.admin('PATCH', '/models/fresh', { enabled: true });
    await becomes(200, one, key, 'fresh');
    await one.admin('PATCH', `/providers/${await providerId()}`, { enabled: false });
    await becomes(503, two, key, 'fresh');
    await one.admin('PATCH', `/providers/${await providerId()}`, { enabled: true });
    await becomes(200, two, key, 'fresh');
    await two.admin('DELETE', '/models/fresh');
    await becomes(404, one, key, 'fresh');
  });
}

/** Whatever the news come by. */
function itTellsOfTargets(): void {
  it('a target that one found to fail is left alone by the other', async () => {
    const { key } = await newKey(one);
    const id = `ailing-${Math.random()}`;
    const targets = ['status=500', 'size=9'].map((script) => ({
      provider: 'upstream',
      model: `${id};${script}`,
    }));
    await one.admin('POST', '/models', { id, targets });
    const attempts = async (gateway: GatewayProcess) => (await call(gateway, key, id)).attempts;
    await until(async () => (await attempts(two)) === '2');
    for (let count = 0; count < 5; count++) await attempts(one);
    expect(await attempts(one)).toBe('1');
    await until(async () => (await attempts(two)) === '1', 1_000);
  });
}

async function providerId(): Promise<string> {
  return (await one.admin('GET', '/providers')).data[0].id;
}

describe.runIf(postgresUrl)('two gateways on one Postgres', () => {
  beforeAll(async () => {
    bench = new ReplicaBench(await createDatabase({ url: postgresUrl ?? '' }));
    [one, two] = await Promise.all([bench.start('one'), bench.start('two')]);
    await bench.addUpstream(one);
  });
  afterAll(() => bench.close());

  itTellsTheOther();
  itTellsOfTargets();

  it('never take away a team while it gets a key', async () => {
    for (let round = 0; round < 20; round++) {
      const { id } = await one.admin('POST', '/teams', { name: `brief-${round}` });
      const [deleted, made] = await Promise.allSettled([
        one.admin('DELETE', `/teams/${id}`),
        two.admin('POST', '/keys', { name: 'late', team_id: id }),
      ]);
      expect([round, deleted.status === made.status]).toEqual([round, false]);
    }
    const orphans = 'SELECT id FROM key WHERE team_id NOT IN (SELECT id FROM team)';
    expect(await bench.sql(orphans)).toEqual([]);
  });

  it('write one chain of audit entries, at once too', async () => {
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? one : two)).map((gateway) =>
        newKey(gateway),
      ),
    );
    const verified = await two.admin('GET', '/audit/verify');
    expect(verified).toMatchObject({ ok: true, broken: null });
    expect(verified.entries).toBeGreaterThan(40);
    expect(await one.admin('GET', `/audit/verify?head=${verified.head.hash}`)).toMatchObject({ ok: true });
  });

  it('rotate the keys of the database together', async () => {
    const { key } = await newKey(one);
    for (const gateway of [one, two]) await becomes(200, gateway, key);
    await one.admin('POST', '/system/rotate-keys', { which: 'secrets' });
    await one.admin('POST', '/system/rotate-keys', { which: 'pepper' });
    // Made under the new pepper, and at once asked of the one that may not have heard of it.
    const fresh = await newKey(one);
    expect((await call(two, fresh.key)).status).toBe(200);
    const again = await newKey(two);
    expect((await call(one, again.key)).status).toBe(200);
    expect(await two.admin('POST', '/system/rotate-keys', { which: 'pepper' })).toMatchObject({ version: 3 });
    for (const gateway of [one, two]) {
      await gateway.admin('POST', `/providers/${await providerId()}/test`);
      for (const each of [key, fresh.key, again.key]) expect((await call(gateway, each)).status).toBe(200);
    }
    await until(async () => (await one.admin('GET', '/system')).secret_keys[1].version === 3);
  });

  it('find what nobody told them of', async () => {
    const { id, key } = await newKey(one);
    for (const gateway of [one, two]) await becomes(200, gateway, key);
    // As a write whose news are lost.
    await bench.sql('UPDATE key SET revoked_at = now() WHERE id = $1', [id]);
    await bench.sql(
      `INSERT INTO audit_entry (actor, action, object_type, object_id, changes, request_id)
       VALUES ('master', 'revoke', 'key', $1, '{}', 'req_lost')`,
      [id],
    );
    for (const gateway of [one, two]) await becomes(401, gateway, key);
  });

  it('listen again when their connection was cut', async () => {
    const cut = await bench.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'pllm-changes' AND datname = current_database()`,
    );
    expect(cut).toHaveLength(2);
    const { id, key } = await newKey(one);
    await becomes(200, two, key);
    await one.admin('POST', `/keys/${id}/revoke`);
    await becomes(401, two, key);
    await until(async () => {
      const listening = await bench.sql(
        `SELECT 1 FROM pg_stat_activity WHERE application_name = 'pllm-changes' AND datname = current_database()`,
      );
      return listening.length === 2;
    });
  });
});

describe.runIf(postgresUrl)('two gateways with a Redis beside', () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.reserve();
    bench = new ReplicaBench(await createDatabase({ url: postgresUrl ?? '' }));
    const REDIS_URL = redis.url;
    [one, two] = await Promise.all([bench.start('one', { REDIS_URL }), bench.start('two', { REDIS_URL })]);
    await bench.addUpstream(one);
  });
  afterAll(async () => {
    await bench.close();
    await redis.stop();
  });

  const redisBecomes = async (state: string) => {
    for (const gateway of [one, two]) {
      await until(async () => (await gateway.admin('GET', '/system')).redis.state === state, 20_000);
    }
  };

  it('come up without it, and find it when it is there', async () => {
    await redisBecomes('down');
    const { key } = await newKey(one);
    await becomes(200, two, key);
    await redis.start();
    await redisBecomes('up');
  });

  itTellsTheOther();
  itTellsOfTargets();

  it.each(['frozen', 'stopped'])('serve as before while it is %s, and say so in a few lines', async (how) => {
    const { key } = await newKey(one);
    await becomes(200, two, key);
    const before = faultLines(one).length;
    if (how === 'frozen') redis.freeze();
    else await redis.stop();
    const load = new SteadyLoad({ url: one.url, key, model: 'quick', rate: 50 });
    const other = await newKey(one);
    await becomes(200, two, other.key);
    await one.admin('POST', `/keys/${other.id}/revoke`);
    await becomes(401, two, other.key);
    await until(() => load.calls.length > 250, 30_000);
    const calls = await load.stop();
    expect(calls.filter(({ status }) => status !== 200)).toEqual([]);
    expect(faultLines(one).length - before).toBeLessThanOrEqual(10);
    await redisBecomes('down');
    if (how === 'frozen') redis.thaw();
    else await redis.start();
    await redisBecomes('up');
  });
});

describe.runIf(postgresUrl)('two gateways behind a balancer', () => {
  it('are restarted one after the other, and no call fails', async () => {
    bench = new ReplicaBench(await createDatabase({ url: postgresUrl ?? '' }));
    const ports = [await freePort(), await freePort()];
    const start = (index: number) =>
      bench.start(`gateway-${index}`, { PORT: String(ports[index]), PLLM_DRAIN_DELAY_SECONDS: '2' });
    const gateways = await Promise.all([start(0), start(1)]);
    const balancer = await startBalancer(ports);
    try {
      await bench.addUpstream(gateways[0] as GatewayProcess);
      const { key } = await newKey(gateways[0] as GatewayProcess);
      for (const gateway of gateways) await becomes(200, gateway, key);
      const load = new SteadyLoad({ url: balancer.url, key, model: 'quick', rate: 50 });
      for (const index of [0, 1]) {
        gateways[index]?.signal('SIGTERM');
        expect(await gateways[index]?.ended()).toEqual({ code: 0, signal: null });
        gateways[index] = await start(index);
        const seen = load.calls.length;
        await until(() => load.calls.length > seen + 100, 30_000);
      }
      const calls = await load.stop();
      expect(calls.filter(({ status }) => status !== 200)).toEqual([]);
      const ids = calls.map(({ requestId }) => requestId);
      await until(async () => {
        const kept = new Set(await bench.recordIds());
        return ids.every((id) => kept.has(id));
      });
    } finally {
      balancer.stop();
      await bench.close();
    }
  });
});
