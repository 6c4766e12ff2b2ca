import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import type { GatewayProcess } from '../support/gateway-process.js';
import { createDatabase, startOwnPostgres } from '../support/postgres-server.js';
import type { OwnPostgres } from '../support/postgres-server.js';
import { ReplicaBench, call, faultLines } from '../support/replica-bench.js';
import { SteadyLoad } from '../support/steady-load.js';
import { until } from '../support/until.js';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

/** How long the database is away. */
const AWAY_MS = 6_000;

const readiness = async ({ url }: GatewayProcess) => {
  const response = await fetch(`${url}/ready`);
  return { code: response.status, ...((await response.json()) as { status: string; details: object }) };
};

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.runIf(inject('postgresUrl'))('a Postgres of its own', () => {
  let postgres: OwnPostgres;
  let bench: ReplicaBench;
  let databaseUrl: string;

  beforeAll(async () => {
    postgres = await startOwnPostgres();
  });
  afterAll(() => postgres.stop());
  beforeEach(async () => {
    databaseUrl = await createDatabase(postgres);
    bench = new ReplicaBench(databaseUrl);
  });
  afterEach(() => bench.close());

  const outages = {
    frozen: { leave: async () => postgres.freeze(), come: async () => postgres.thaw() },
    stopped: { leave: () => postgres.halt(), come: () => postgres.start() },
  };

  it.each(['frozen', 'stopped'] as const)(
    'is %s: known keys are served, unknown ones are told to come again, and nothing is lost',
    async (how) => {
      const gateway = await bench.start('one');
      await bench.addUpstream(gateway);
      const { key } = await gateway.admin('POST', '/keys', { name: 'known' });
      expect(await readiness(gateway)).toMatchObject({ code: 200, status: 'ok' });
      const load = new SteadyLoad({ url: gateway.url, key, model: 'quick', rate: 50 });
      await until(() => load.calls.length > 50, 30_000);

      await outages[how].leave();
      const leftAt = performance.now();
      await until(async () => (await readiness(gateway)).status === 'degraded', 10_000);
      expect(await readiness(gateway)).toMatchObject({
        code: 200,
        details: { database: { degraded: true }, snapshot: { status: 'up' } },
      });
      const strangers = await Promise.all(
        Array.from({ length: 30 }, (_, index) => call(gateway, `sk-pllm-unknown-${index}`)),
      );
      expect(new Set(strangers.map(({ status, retryAfter }) => `${status} ${retryAfter}`))).toEqual(
        new Set(['503 1']),
      );
      for (const [method, path] of [
        ['GET', '/keys'],
        ['POST', '/keys'],
      ] as const) {
        await expect(
          gateway.admin(method, path, method === 'POST' ? { name: 'x' } : undefined),
        ).rejects.toThrow(/: 503 .*service_unavailable/);
      }
      expect(await gateway.admin('GET', '/system')).toMatchObject({
        database: { kind: 'postgres', state: 'down' },
        breakers: [{ name: 'database', state: expect.stringMatching(/^(half-)?open$/) }],
      });
      await sleep(Math.max(0, AWAY_MS - (performance.now() - leftAt)));
      await outages[how].come();

      await until(async () => (await readiness(gateway)).status === 'ok', 30_000);
      const calls = await load.stop();
      expect(calls.filter(({ status }) => status !== 200)).toEqual([]);
      const ids = calls.map(({ requestId }) => requestId);
      await until(async () => (await bench.recordIds()).length >= ids.length, 30_000);
      expect((await bench.recordIds()).toSorted()).toEqual(ids.toSorted());
      expect((await call(gateway, 'sk-pllm-unknown')).status).toBe(401);
      expect(faultLines(gateway).length).toBeLessThanOrEqual(10);
    },
  );

  it('is frozen while the process stops: it ends all the same, and the next one writes what waits', async () => {
    const first = await bench.start('one');
    await bench.addUpstream(first);
    const { key } = await first.admin('POST', '/keys', { name: 'known' });
    await call(first, key);
    postgres.freeze();
    try {
      for (let count = 0; count < 5; count++) expect((await call(first, key)).status).toBe(200);
      first.signal('SIGTERM');
      expect(await first.ended()).toEqual({ code: 0, signal: null });
    } finally {
      postgres.thaw();
    }
    await bench.start('one');
    await until(async () => (await bench.recordIds()).length === 6, 10_000);
  });

  it('is not there yet at the start: it is waited for, with one line', async () => {
    await postgres.halt();
    const gateway = bench.launch('one');
    await until(() => faultLines(gateway).length > 0, 20_000);
    await sleep(1_000);
    expect(faultLines(gateway)).toEqual([expect.stringContaining('"event":"database_wait"')]);
    expect(gateway.ending).toBeUndefined();
    await postgres.start();
    await gateway.isUp();
    expect(await readiness(gateway)).toMatchObject({ code: 200, status: 'ok' });
  });

  it.each(['frozen', 'stopped'] as const)('is %s at the start for too long: one line, and 1', async (how) => {
    await outages[how].leave();
    try {
      const gateway = bench.launch('one', { PLLM_DATABASE_WAIT_SECONDS: '1' });
      expect(await gateway.ended()).toEqual({ code: 1, signal: null });
      expect(gateway.stderr).toMatch(/^pllm: The database at DATABASE_URL cannot be used \([^\n]+\)\.\n$/);
      expect(gateway.stderr).not.toContain('127.0.0.1');
    } finally {
      await outages[how].come();
    }
  });

  describe('in the middle of a migration', () => {
    /** A transaction that the first migration has to wait for. */
    async function standInTheWay(): Promise<Client> {
      const client = new Client({ connectionString: databaseUrl });
      client.on('error', () => {});
      await client.connect();
      await client.query('BEGIN; CREATE TABLE provider (id int)');
      return client;
    }
    const WAITING = `SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    const untilItWaits = () => until(async () => (await bench.sql(WAITING)).length > 0, 30_000);
    const oneLine = (text: string) => new RegExp(`^pllm: ${text}[^\\n]*\\n$`);

    it('freezes: one line, and 1; then it is whole', async () => {
      const client = await standInTheWay();
      const gateway = bench.launch('one');
      await untilItWaits();
      postgres.freeze();
      try {
        expect(await gateway.ended()).toEqual({ code: 1, signal: null });
      } finally {
        postgres.thaw();
      }
      expect(gateway.stderr).toMatch(oneLine('The database stopped answering in the middle of a migration'));
      await client.query('ROLLBACK');
      await client.end();
      expect(await readiness(await bench.start('one'))).toMatchObject({ code: 200, status: 'ok' });
    });

    it('has somebody in the way: one line, and 1; then it is whole', async () => {
      const client = await standInTheWay();
      const gateway = bench.launch('one', { PLLM_DATABASE_WAIT_SECONDS: '1' });
      expect(await gateway.ended()).toEqual({ code: 1, signal: null });
      expect(gateway.stderr).toMatch(oneLine('Another session has locked what a migration changes'));
      await client.query('ROLLBACK');
      await client.end();
      expect(await readiness(await bench.start('one'))).toMatchObject({ code: 200, status: 'ok' });
    });

    it('loses the gateway to a kill: the next one makes it whole', async () => {
      const client = await standInTheWay();
      const gateway = bench.launch('one');
      await untilItWaits();
      await gateway.killHard();
      await client.query('ROLLBACK');
      await client.end();
      expect(await readiness(await bench.start('one'))).toMatchObject({ code: 200, status: 'ok' });
    });
  });

  it('has no such database: that is said at once', async () => {
    const gateway = bench.launch('one', { DATABASE_URL: `${postgres.url}/nowhere` });
    expect(await gateway.ended()).toEqual({ code: 1, signal: null });
    expect(gateway.stderr).toMatch(/\(3D000\)/);
    expect(faultLines(gateway)).toEqual([]);
  });
});
