import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { asGatewayError } from './database-errors.js';
import type { Driver } from './driver.js';
import { openEmbedded } from './embedded-database.js';
import { startEngineWorker } from './engine-thread.js';
import { Prisma, PrismaClient } from './generated/client.js';

const SECONDS = 60_000;
const LONG = 'SELECT count(*)::int AS count FROM generate_series(1, 1500000)';

const folder = mkdtempSync(join(tmpdir(), 'pllm-engine-'));
const workers: Worker[] = [];
const onEnd = vi.fn();
let driver: Driver;
let prisma: PrismaClient;

beforeAll(async () => {
  driver = await openEmbedded(folder, {
    onEnd,
    start: async () => {
      const worker = await startEngineWorker();
      workers.push(worker);
      return worker;
    },
  });
  prisma = new PrismaClient({ adapter: driver.factory, errorFormat: 'minimal' });
  await driver.migrate(({ runScript }) =>
    runScript(`CREATE TABLE one (id int PRIMARY KEY, name text NOT NULL UNIQUE, note varchar(3));
      CREATE TABLE two (one_id int NOT NULL REFERENCES one DEFERRABLE INITIALLY DEFERRED)`),
  );
}, SECONDS);
afterAll(async () => {
  await prisma.$disconnect();
  await driver.close();
  rmSync(folder, { recursive: true });
});

const names = async () =>
  (await driver.query<{ name: string }>('SELECT name FROM one ORDER BY id', [])).map(({ name }) => name);
const caught = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('it is no error'),
    (error: unknown) => error as Error & Record<string, unknown>,
  );

describe('the embedded database', { timeout: SECONDS }, () => {
  it('lets the event loop turn while a statement runs', async () => {
    let turns = 0;
    let isRunning = true;
    const turn = () => {
      turns++;
      if (isRunning) setImmediate(turn);
    };
    setImmediate(turn);
    expect(await driver.query(LONG, [])).toEqual([{ count: 1_500_000 }]);
    isRunning = false;
    expect(turns).toBeGreaterThan(100);
  });

  it('takes and gives what Prisma does', async () => {
    const bytes = Buffer.from([0, 1, 254, 255]);
    const at = new Date('2026-11-26T01:02:03.456Z');
    const [row] = await prisma.$queryRaw<object[]>`SELECT ${9007199254740993n}::bigint AS whole,
      ${bytes}::bytea AS bytes, ${at}::timestamptz AS at, ${new Prisma.Decimal('0.1')}::numeric AS decimal,
      ${{ a: [1, null] }}::jsonb AS json, ${['x', 'y"']}::text[] AS list, ${null}::text AS nothing, ${1.5}::float8 AS real`;
    expect(row).toEqual({
      whole: 9007199254740993n,
      bytes: new Uint8Array(bytes),
      at,
      decimal: new Prisma.Decimal('0.1'),
      json: { a: [1, null] },
      list: ['x', 'y"'],
      nothing: null,
      real: 1.5,
    });
  });

  it('takes a buffer as the text of a parameter', async () => {
    const rows = await driver.query(`SELECT $1::jsonb ->> 'a' AS a`, [Buffer.from('{"a":"ü"}')]);
    expect(rows).toEqual([{ a: 'ü' }]);
    expect(await driver.run(`INSERT INTO one VALUES (1, $1), (2, 'b')`, [Buffer.from('a')])).toBe(2);
  });

  it('runs a statement again and again with whatever it takes', async () => {
    await driver.run('CREATE TABLE kinds (id int, name text, json jsonb, note text)', []);
    const insert = 'INSERT INTO kinds SELECT generate_series($1::int, $2), $3, $4, $5';
    const part = Buffer.from('[{"a":"ü"}]').subarray(1, -1);
    for (let time = 0; time < 8; time++) {
      expect(await driver.run(insert, [time, '9', 'é', part, null])).toBe(10 - time);
    }
    const [row] = await driver.query<object>(
      'SELECT count(*)::int, max(json::text), max(name) AS name FROM kinds',
      [],
    );
    expect(row).toEqual({ count: 52, max: '{"a": "ü"}', name: 'é' });
    await expect(driver.run(insert, ['none', 1, 'b', '{}', null])).rejects.toMatchObject({ code: '22P02' });
    expect(await driver.run('DELETE FROM kinds WHERE note IS NULL AND id < $1', [9])).toBe(44);
    expect(await driver.run('SELECT * FROM kinds', [])).toBe(0);
  });

  it.each([
    ["INSERT INTO one VALUES (1, 'c')", '23505', 'P2010', 'server_error'],
    ['INSERT INTO one VALUES (3, NULL)', '23502', 'P2010', 'server_error'],
    ["INSERT INTO one VALUES (3, 'c', 'long')", '22001', 'P2010', 'server_error'],
    ['SELECT * FROM three', '42P01', 'P2010', 'server_error'],
    ['SELEC', '42601', 'P2010', 'server_error'],
    ['SELECT 1 / 0', '22012', 'P2010', 'server_error'],
  ])('fails as it would here: %s', async (sql, state, prismaCode, code) => {
    const error = await caught(driver.run(sql, []));
    expect(error).toMatchObject({ code: state, severity: 'ERROR' });
    expect(error).not.toHaveProperty('query');
    const known = await caught(prisma.$executeRawUnsafe(sql));
    expect(known).toMatchObject({ name: 'PrismaClientKnownRequestError', code: prismaCode });
    expect(JSON.stringify(known.meta)).toContain(state);
    expect(asGatewayError(known).code).toBe(code);
  });
});

describe('a transaction of the embedded database', { timeout: SECONDS }, () => {
  it('is in the files, or it is not', async () => {
    await prisma.$transaction(async (queries) => {
      await queries.$executeRaw`INSERT INTO one VALUES (10, 'kept')`;
      await queries.$executeRaw`UPDATE one SET note = 'x' WHERE id = 10`;
    });
    const gone = prisma.$transaction(async (queries) => {
      await queries.$executeRaw`INSERT INTO one VALUES (11, 'gone')`;
      throw new Error('changed my mind');
    });
    await expect(gone).rejects.toThrow('changed my mind');
    expect(await names()).toEqual(['a', 'b', 'kept']);
  });

  it('whose commit fails says so', async () => {
    const orphan = prisma.$transaction((queries) => queries.$executeRaw`INSERT INTO two VALUES (99)`);
    await expect(orphan).rejects.toThrow(/foreign key/);
    expect(await driver.query('SELECT * FROM two', [])).toEqual([]);
  });

  it('keeps others out until it ends', async () => {
    let outside: Promise<string[]> | undefined;
    let hot: Promise<number> | undefined;
    await prisma.$transaction(async (queries) => {
      await queries.$executeRaw`INSERT INTO one VALUES (12, 'twelve')`;
      outside = names();
      hot = driver.run("UPDATE one SET note = 'hot' WHERE id = 12", []);
      await queries.$executeRaw`DELETE FROM one WHERE id = 12`;
    });
    expect(await outside).toEqual(['a', 'b', 'kept']);
    expect(await hot).toBe(0);
  });

  it('that takes too long is rolled back, and lets the next one in', async () => {
    const idle = prisma.$transaction(
      async (queries) => {
        await queries.$executeRaw`INSERT INTO one VALUES (13, 'idle')`;
        await new Promise((resolve) => setTimeout(resolve, 300));
        await queries.$executeRaw`SELECT 1`;
      },
      { timeout: 100 },
    );
    await expect(idle).rejects.toMatchObject({ code: 'P2028' });
    expect(await names()).toEqual(['a', 'b', 'kept']);
  });

  it('that does not get its turn is given up, and keeps nobody out', async () => {
    const long = driver.query(LONG, []);
    const late = prisma.$transaction((queries) => queries.$executeRaw`DELETE FROM one`, { maxWait: 20 });
    await expect(late).rejects.toMatchObject({ code: 'P2028' });
    await long;
    expect(await names()).toEqual(['a', 'b', 'kept']);
  });
});

describe('a thread that ends', { timeout: SECONDS }, () => {
  it('fails what is unanswered as an outage, and the files are opened anew', async () => {
    const open = prisma.$transaction(
      async (queries) => {
        await queries.$executeRaw`INSERT INTO one VALUES (20, 'lost')`;
        const statement = caught(queries.$queryRawUnsafe(LONG));
        const waiting = caught(names());
        await workers.at(-1)?.terminate();
        expect(asGatewayError(await waiting).code).toBe('service_unavailable');
        throw await statement;
      },
      { timeout: SECONDS },
    );
    expect(asGatewayError(await caught(open)).code).toBe('service_unavailable');
    expect(onEnd).toHaveBeenCalledOnce();
    expect(asGatewayError(await caught(driver.run('SELECT 1', []))).code).toBe('service_unavailable');
    await expect(driver.probe()).rejects.toMatchObject({ name: 'DriverAdapterError' });
    await vi.waitFor(() => driver.probe(), SECONDS);
    expect(workers).toHaveLength(2);
    expect(await names()).toEqual(['a', 'b', 'kept']);
    expect(await prisma.$executeRaw`INSERT INTO one VALUES (21, 'anew')`).toBe(1);
  });

  it('by its own error says which', async () => {
    const last = workers.at(-1);
    // No message of ours: nobody catches what comes of it.
    last?.postMessage(null, []);
    await vi.waitFor(() => expect(workers.at(-1)).not.toBe(last), SECONDS);
    expect(onEnd).toHaveBeenLastCalledWith(expect.objectContaining({ name: 'TypeError' }));
    await vi.waitFor(() => driver.probe(), SECONDS);
    expect(await names()).toEqual(['a', 'b', 'kept', 'anew']);
  });
});

describe('a checkpoint', { timeout: SECONDS }, () => {
  it('is made while the engine runs, and lets go of its log', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'pllm-engine-'));
    const log = () =>
      readdirSync(join(dataDir, 'database', 'pg_wal')).filter((name) => /^[\dA-F]{24}$/.test(name));
    const busy = await openEmbedded(dataDir, { start: () => startEngineWorker(50) });
    const [first] = log();
    for (let time = 0; time < 3; time++) await busy.query('SELECT pg_switch_wal()', []);
    await vi.waitFor(() => expect(log()).not.toContain(first), SECONDS);
    await busy.close();
    rmSync(dataDir, { recursive: true });
  });
});

describe('closing', { timeout: SECONDS }, () => {
  it('answers what was asked before, and refuses what comes after', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'pllm-engine-'));
    const first = await openEmbedded(dataDir);
    await first.run('CREATE TABLE kept (id int)', []);
    const insert = first.run('INSERT INTO kept SELECT generate_series(1, 1000)', []);
    await first.close();
    expect(await insert).toBe(1_000);
    expect(asGatewayError(await caught(first.run('SELECT 1', []))).code).toBe('service_unavailable');
    const second = await openEmbedded(dataDir);
    expect(await second.query('SELECT count(*)::int AS count FROM kept', [])).toEqual([{ count: 1_000 }]);
    await second.close();
    rmSync(dataDir, { recursive: true });
  });
});
