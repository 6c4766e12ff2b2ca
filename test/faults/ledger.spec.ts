import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { UsageSpool } from '#metering';
import { Database, ensureUsagePartitions, insertUsageRecords, lockDirectoryIfFree } from '#persistence';
import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import { makeDatabase } from '../support/databases.js';
import type { TestDatabase } from '../support/databases.js';
import { report } from '../support/figures.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { MASTER_KEY } from '../support/gateway.js';
import { madeRecord } from '../support/made-records.js';
import { readSpool } from '../support/records.js';
import { StreamClient } from '../support/stream-client.js';
import { until } from '../support/until.js';

const SCHEMA = new URL('../../prisma', import.meta.url).pathname;
const IN_FLIGHT = 500;
const COMMITS = 1_000;

let place: TestDatabase;

beforeEach(async () => {
  place = await makeDatabase({
    postgresUrl: inject('postgresUrl'),
    embeddedTemplate: inject('embeddedTemplate'),
  });
});
afterEach(() => place.remove());

const open = () => Database.open({ url: place.url, dataDir: place.dataDir, schemaFolder: SCHEMA });

/** All that was kept, and what was added up of it. */
async function readLedger(database: Database) {
  const rows = await database.prisma.usageRecord.findMany({ select: { requestId: true } });
  const hours = await database.prisma.usageHour.aggregate({ _sum: { requests: true, costNanos: true } });
  const days = await database.prisma.usageDay.aggregate({ _sum: { requests: true } });
  const ids = rows.map(({ requestId }) => requestId);
  return {
    ids,
    hours: Number(hours._sum.requests),
    days: Number(days._sum.requests),
    cost: Number(hours._sum.costNanos),
  };
}

it(
  `kill -9 with ${IN_FLIGHT} calls in flight: what was answered has one record`,
  { timeout: 180_000 },
  async () => {
    const sandbox = await startSandbox();
    const env = { PLLM_DATA_DIR: place.dataDir, DATABASE_URL: place.url, PLLM_MASTER_KEY: MASTER_KEY };
    const first = await GatewayProcess.start(env);
    const lengths = [5, 20, 60, 9_999];
    await first.addUpstream(
      sandbox.url,
      Object.fromEntries(lengths.map((length) => [`of-${length}`, `s;chunks=${length};gap=20`])),
    );
    const calls = Array.from({ length: IN_FLIGHT }, (_, at) => {
      const body = { model: `of-${lengths[at % lengths.length]}`, stream: true };
      return new StreamClient({ url: first.url, key: MASTER_KEY, body });
    });
    await until(() => calls.every((call) => call.response !== undefined), 60_000);
    await until(() => calls.filter((call) => call.isDone).length >= IN_FLIGHT / 4, 60_000);
    await first.killHard();
    await Promise.all(calls.map((call) => call.ended()));
    const answered = calls.filter((call) => call.isDone).map((call) => call.requestId);
    expect(answered.length).toBeLessThan(IN_FLIGHT);

    const second = await GatewayProcess.start(env);
    await until(() => readSpool(place.dataDir) === '', 30_000);
    second.signal('SIGTERM');
    await second.ended();
    await sandbox.close();
    const database = await open();
    const { ids, hours, days } = await readLedger(database);
    await database.close();
    const kept = new Set(ids);
    const lost = answered.filter((id) => !kept.has(id)).length;
    report(`kill -9, ${IN_FLIGHT} in flight, ${answered.length} answered: lost`, lost, 'records', '0');
    report('the same: doubled', ids.length - kept.size, 'records', '0');
    expect([lost, ids.length - kept.size]).toEqual([0, 0]);
    expect([hours, days]).toEqual([ids.length, ids.length]);
  },
);

it(`${COMMITS} commits whose answer was cut: nothing is there twice`, { timeout: 180_000 }, async () => {
  const database = await open();
  await database.transaction((queries) => ensureUsagePartitions(queries, new Date(), 1));
  const folder = mkdtempSync(join(tmpdir(), 'pllm-cut-'));
  let cuts = 0;
  let isCut = true;
  const spool = await UsageSpool.open({
    folder,
    processId: process.pid,
    lock: lockDirectoryIfFree,
    everyMs: 3_600_000,
    report: () => {},
    async insert(lines) {
      await insertUsageRecords(database, lines);
      // It is committed, and nobody hears of it.
      if (isCut && ++cuts > 0) throw new Error('cut');
    },
  });
  for (let at = 0; at < COMMITS; at++) {
    await spool.append(madeRecord(`req_cut_${at}`, new Date()));
    isCut = true;
    expect(await spool.flush()).toBe(false);
    isCut = false;
    expect(await spool.flush()).toBe(true);
  }
  await spool.close();
  const { ids, hours, days, cost } = await readLedger(database);
  await database.close();
  rmSync(folder, { recursive: true });
  report(`${COMMITS} commits whose answer was cut: doubled`, ids.length - COMMITS, 'records', '0');
  expect(cuts).toBe(COMMITS);
  expect([ids.length, new Set(ids).size, hours, days, cost]).toEqual([
    COMMITS,
    COMMITS,
    COMMITS,
    COMMITS,
    7 * COMMITS,
  ]);
});
