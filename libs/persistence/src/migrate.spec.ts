import { readdirSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PrismaClient } from './generated/client.js';
import { findDrift, migrate } from './migrate.js';
import { dropUsagePartitions, ensureUsagePartitions } from './usage-partitions.js';

const FOLDER = new URL('../../../prisma', import.meta.url).pathname;

/** A shadow database is made by the engine, from the factory's own. */
const SECONDS = 60_000;

let engine: PGlite;
let factory: PrismaPGlite;

beforeAll(async () => {
  engine = await PGlite.create();
  factory = new PrismaPGlite(engine);
}, SECONDS);
afterAll(() => engine.close());

describe('the migrations', { timeout: SECONDS }, () => {
  it('are applied once', async () => {
    const names = readdirSync(`${FOLDER}/migrations`, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
    expect(await migrate(factory, FOLDER)).toEqual(names);
    expect(await migrate(factory, FOLDER)).toEqual([]);
  });

  it('make what the schema says, and nothing else', async () => {
    const drift = await findDrift(factory, FOLDER);
    expect(drift.replaceAll(/^--.*$/gm, '').trim()).toBe('');
  });
});

describe('ensureUsagePartitions', { timeout: SECONDS }, () => {
  it('makes this month’s and those after it, over the end of a year, once', async () => {
    const prisma = new PrismaClient({ adapter: factory });
    const now = new Date('2039-11-30T23:59:59.999Z');
    for (let time = 0; time < 2; time++) {
      await prisma.$transaction((queries) => ensureUsagePartitions(queries, now, 3));
    }
    const rows = await prisma.$queryRaw<{ name: string; bounds: string }[]>`
      SELECT relname::text AS name, pg_get_expr(relpartbound, oid) AS bounds FROM pg_class
      WHERE relispartition AND relkind = 'r' ORDER BY relname`;
    const bounds = new Map(rows.map(({ name, bounds }) => [name, bounds]));
    expect([...bounds.keys()]).toEqual([
      'usage_record_2039_11',
      'usage_record_2039_12',
      'usage_record_2040_01',
      'usage_record_other',
    ]);
    expect(bounds.get('usage_record_2039_12')).toMatch(
      /FROM \('2039-12-01 00:00:00\+00'\) TO \('2040-01-01 00:00:00\+00'\)/,
    );
    expect(bounds.get('usage_record_other')).toBe('DEFAULT');
    await prisma.$disconnect();
  });
});

describe('dropUsagePartitions', { timeout: SECONDS }, () => {
  it('lets go of months that are over before a moment, and of what had no month', async () => {
    const prisma = new PrismaClient({ adapter: factory });
    await prisma.$transaction((queries) => ensureUsagePartitions(queries, new Date('2041-05-01'), 3));
    const insert = (id: string, at: string) =>
      prisma.$executeRawUnsafe(`INSERT INTO usage_record VALUES ('${id}', '${at}', NULL, 'chat', 'm', NULL, NULL,
        false, 'ok', 200, NULL, 0, 0, 0, 0, 'none', 1, NULL, 1, NULL)`);
    await insert('may', '2041-05-31T23:59:59.999Z');
    await insert('june', '2041-06-01');
    await insert('old', '1999-01-01');
    await insert('young', '2050-01-01');
    const drop = (before: string) =>
      prisma.$transaction((queries) => dropUsagePartitions(queries, new Date(before)));
    const left = async () => {
      const rows = await prisma.usageRecord.findMany({ orderBy: { at: 'asc' } });
      return rows.map(({ requestId }) => requestId);
    };
    await prisma.$executeRaw`DROP TABLE IF EXISTS usage_record_2039_11, usage_record_2039_12, usage_record_2040_01`;
    expect(await drop('2041-05-31T23:00:00.000Z')).toEqual([]);
    expect(await left()).toEqual(['may', 'june', 'young']);
    expect(await drop('2041-06-01T00:00:00.000Z')).toEqual(['usage_record_2041_05']);
    expect(await left()).toEqual(['june', 'young']);
    expect(await drop('2041-06-30T23:59:59.000Z')).toEqual([]);
    await prisma.$disconnect();
  });
});
