import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UsageSpool } from '#metering';
import {
  Database,
  ensureUsagePartitions,
  insertUsageRecords,
  readUsageSum,
  readUsageTotals,
  lockDirectoryIfFree,
} from '#persistence';
import type { UsageQuery } from '#persistence';
import { quantile, report } from '../support/figures.js';
import { madeRecord } from '../support/made-records.js';
import { createDatabase, startPostgres } from '../support/postgres-server.js';
import type { PostgresServer } from '../support/postgres-server.js';

/** Records a second, and for how long; how many there are when usage is asked for. */
const RATE = 5_000;
const SECONDS = Number(process.env.PLLM_LONG_SECONDS ?? 60);
const RECORDS = Number(process.env.PLLM_LONG_RECORDS ?? 10_000_000);
const TICK_MS = 20;
const MB = 1024 * 1024;

let server: PostgresServer;
let database: Database;
let folder: string;
let url: string;

beforeAll(async () => {
  server = await startPostgres();
  folder = mkdtempSync(join(tmpdir(), 'pllm-long-'));
  url = await createDatabase(server);
  const schemaFolder = new URL('../../prisma', import.meta.url).pathname;
  database = await Database.open({ url, dataDir: folder, schemaFolder });
  await database.transaction((queries) => ensureUsagePartitions(queries, new Date(), 2));
});
afterAll(async () => {
  await database.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

let made = 0;
function nextRecord() {
  const number = made++;
  return madeRecord(`req_${number.toString(16).padStart(32, '0')}`, new Date(), {
    keyId: `key_${number % 50}`,
    model: `model-${number % 20}`,
    provider: `provider-${number % 3}`,
    upstreamModel: `upstream-${number % 20}`,
  });
}

it(`${RATE} records a second for ${SECONDS} s, through the spool, into Postgres`, async () => {
  const spool = await UsageSpool.open({
    folder: join(folder, 'spool'),
    processId: process.pid,
    lock: lockDirectoryIfFree,
    insert: (lines) => insertUsageRecords(database, lines),
    report: (message) => expect.fail(message),
  });
  const heaps: number[] = [];
  const waiting: number[] = [];
  const began = performance.now();
  while (performance.now() - began < SECONDS * 1_000) {
    const due = Math.floor(((performance.now() - began) / 1_000) * RATE);
    for (; made < due;) void spool.append(nextRecord());
    await sleep(TICK_MS);
    if (heaps.length < Math.floor((performance.now() - began) / 5_000)) {
      globalThis.gc?.();
      const { heapUsed, external } = process.memoryUsage();
      heaps.push((heapUsed + external) / MB);
      waiting.push(spool.pending);
    }
  }
  expect(await spool.close()).toBe(true);
  const [first = 0] = heaps.slice(1);
  const growth = Math.max(...heaps.slice(1)) - first;
  const { requests } = await database.read((queries) => readUsageSum(queries, lastDays(1)));
  const rate = (made / (performance.now() - began)) * 1_000;
  report('ledger: records a second, sustained', rate, '/s', `>= ${RATE}`);
  report('ledger: most that waited', Math.max(...waiting), 'records', 'no growth');
  report('ledger: memory grew by', growth, 'MB', '<= 20 MB');
  expect(requests).toBe(made);
  expect(rate).toBeGreaterThan(RATE * 0.95);
  expect(growth).toBeLessThanOrEqual(20);
});

it(`usage of ${RECORDS} records, from the sums`, async () => {
  await generate();
  const queries: [string, UsageQuery][] = [
    ['the last day by hour and model', { ...lastDays(1), groups: ['model'], interval: 'hour' }],
    ['thirty days by day and model', { ...lastDays(30), groups: ['model'], interval: 'day' }],
    ['thirty days by key', { ...lastDays(30), groups: ['key'] }],
    ['thirty days by day, model and key', { ...lastDays(30), groups: ['model', 'key'], interval: 'day' }],
    ['one key, thirty days by hour', { ...lastDays(30), interval: 'hour', filter: { key: 'key_7' } }],
  ];
  for (const [name, query] of queries) {
    const times: number[] = [];
    for (let time = 0; time < 10; time++) {
      const began = performance.now();
      await database.read(async (inside) => {
        await readUsageTotals(inside, query, { limit: 1_000 });
        await readUsageSum(inside, query);
      });
      times.push(performance.now() - began);
    }
    report(`usage over ${RECORDS} records: ${name}, p95`, quantile(times, 0.95), 'ms', '<= 300 ms');
    expect(quantile(times, 0.95)).toBeLessThanOrEqual(300);
  }
});

function lastDays(days: number): UsageQuery {
  const to = new Date(Date.now() + 1_000);
  return {
    from: new Date(to.getTime() - days * 86_400_000),
    to,
    groups: [],
    interval: undefined,
    filter: {},
  };
}

/** Records of thirty days, made by the server, and added up there as `insertUsageRecords` would have. */
async function generate(): Promise<void> {
  // A connection of its own: the gateway's give up after seconds.
  const client = new Client({ connectionString: url });
  await client.connect();
  const batch = 500_000;
  for (let from = 0; from < RECORDS; from += batch) {
    await client.query(`INSERT INTO usage_record
      SELECT 'req_long_' || n, now() - (n::float8 / ${RECORDS}) * interval '30 days', 'key_' || n % 50, 'chat',
        'model-' || n % 20, 'provider-' || n % 3, 'upstream-' || n % 20, true, 'ok', 200, NULL, 100, 50, 0, 0,
        'upstream', 500, 90, 1, NULL, 0, 0, 0, 0, 0, 0, 1000
      FROM generate_series(${from}, ${Math.min(from + batch, RECORDS) - 1}) AS n`);
  }
  for (const span of ['hour', 'day']) {
    await client.query(`TRUNCATE usage_${span}`);
    await client.query(`INSERT INTO usage_${span}
      SELECT date_trunc('${span}', at, 'UTC'), coalesce(key_id, ''), model, coalesce(provider, ''),
        coalesce(upstream_model, ''), operation, count(*), 0, 0, 0, sum(prompt_tokens), sum(completion_tokens),
        0, 0, 0, 0, 0, 0, 0, 0, sum(cost_nanos) FROM usage_record GROUP BY 1, 2, 3, 4, 5, 6`);
    await client.query(`ANALYZE usage_${span}`);
    const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM usage_${span}`);
    report(`rows of usage_${span}`, Number(rows[0]?.count), 'rows', 'any');
  }
  await client.end();
}
