import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MigrationSession } from './driver.js';
import { PrismaClient } from './generated/client.js';
import { findDrift, migrate } from './migrate.js';
import { dropUsagePartitions, ensureUsagePartitions } from './usage-partitions.js';

const FOLDER = new URL('../../../prisma', import.meta.url).pathname;

/** A shadow database is made by the engine, from the factory's own. */
const SECONDS = 60_000;

let engine: PGlite;
let factory: PrismaPGlite;
let session: MigrationSession;

beforeAll(async () => {
  engine = await PGlite.create();
  factory = new PrismaPGlite(engine);
  session = { factory, runScript: (sql) => engine.exec(sql) };
}, SECONDS);
afterAll(() => engine.close());

describe('the migrations', { timeout: SECONDS }, () => {
  it('are applied once', async () => {
    const names = readdirSync(`${FOLDER}/migrations`, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
    expect(await migrate(session, FOLDER)).toEqual(names);
    expect(await migrate(session, FOLDER)).toEqual([]);
  });

  it('make what the schema says, and nothing else', async () => {
    const drift = await findDrift(factory, FOLDER);
    expect(drift.replaceAll(/^--.*$/gm, '').trim()).toBe('');
  });
});

describe('a migration', { timeout: SECONDS }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'pllm-migrations-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const write = (sql: string) => {
    mkdirSync(join(folder, 'migrations', '99990101000000_last'), { recursive: true });
    writeFileSync(join(folder, 'migrations', '99990101000000_last', 'migration.sql'), sql);
  };
  const rows = async () =>
    (
      await engine.query(
        'SELECT rolled_back_at IS NULL AS stands FROM _prisma_migrations ORDER BY started_at',
      )
    ).rows;
  const tables = async () =>
    (await engine.query("SELECT relname FROM pg_class WHERE relname IN ('half', 'whole')")).rows;

  beforeAll(() => cpSync(FOLDER, folder, { recursive: true }));

  it('that fails in the middle leaves nothing, says why, and is tried anew', async () => {
    write('CREATE TABLE half (id int); SELECT 1 / 0;');
    await expect(migrate(session, folder)).rejects.toThrow('division by zero');
    await expect(migrate(session, folder)).rejects.toThrow('division by zero');
    expect(await tables()).toEqual([]);
    write("CREATE TABLE whole (text text DEFAULT 'a;b');");
    expect(await migrate(session, folder)).toEqual(['99990101000000_last']);
    expect(await tables()).toEqual([{ relname: 'whole' }]);
    expect((await rows()).slice(-3)).toEqual([{ stands: false }, { stands: false }, { stands: true }]);
    expect(await migrate(session, folder)).toEqual([]);
  });

  it('that another process has given up meanwhile does not go through', async () => {
    await engine.exec("DELETE FROM _prisma_migrations WHERE migration_name LIKE '9999%'; DROP TABLE whole");
    write('CREATE TABLE whole (id int);');
    const late: MigrationSession = {
      factory,
      runScript: async (sql) => {
        if (sql.includes('CREATE TABLE whole')) {
          await engine.exec('UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL');
        }
        return engine.exec(sql);
      },
    };
    await expect(migrate(late, folder)).rejects.toThrow('has given this migration up');
    expect(await tables()).toEqual([]);
    expect(await migrate(session, folder)).toEqual(['99990101000000_last']);
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
