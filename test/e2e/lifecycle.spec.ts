import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { Database } from '#persistence';
import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { makeDatabase } from '../support/databases.js';
import type { TestDatabase } from '../support/databases.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { MASTER_KEY } from '../support/gateway.js';
import { createDatabase } from '../support/postgres-server.js';
import { readSpool } from '../support/records.js';
import type { ShownRecord } from '../support/records.js';
import { StreamClient } from '../support/stream-client.js';
import { until } from '../support/until.js';

const ROOT = new URL('../..', import.meta.url).pathname;

/** Several processes start in one test, on a machine that does other things too. */
vi.setConfig({ testTimeout: 90_000 });

let sandbox: Sandbox;
let database: TestDatabase;
let running: GatewayProcess[] = [];

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

beforeEach(async () => {
  database = await makeDatabase({
    postgresUrl: inject('postgresUrl'),
    postgresTemplate: inject('postgresTemplate'),
    embeddedTemplate: inject('embeddedTemplate'),
  });
});
afterEach(async () => {
  await Promise.all(running.map((gateway) => gateway.stop()));
  running = [];
  database.remove();
});

const environment = (extra: Record<string, string | undefined> = {}) => ({
  PLLM_DATA_DIR: database.dataDir,
  DATABASE_URL: database.url,
  PLLM_MASTER_KEY: MASTER_KEY,
  ...extra,
});

function launch(extra: Record<string, string | undefined> = {}): GatewayProcess {
  const gateway = GatewayProcess.launch(environment(extra));
  running.push(gateway);
  return gateway;
}

async function start(extra: Record<string, string | undefined> = {}): Promise<GatewayProcess> {
  const gateway = launch(extra);
  await gateway.isUp();
  return gateway;
}

const stream = (gateway: GatewayProcess, model: string, key = MASTER_KEY) =>
  new StreamClient({ url: gateway.url, key, body: { model, stream: true } });

/** Every record there is, when there are `count` or more. */
const records = (gateway: GatewayProcess, count: number) =>
  until(async () => {
    const { data } = await gateway.admin('GET', '/requests?limit=1000');
    return data.length >= count && (data as ShownRecord[]);
  });

describe('kill -9', () => {
  it('loses nothing that was answered, and doubles nothing', async () => {
    const first = await start();
    await first.addUpstream(sandbox.url, { quick: 'quick;chunks=3', endless: 'endless;chunks=9999;gap=20' });
    const { key } = await first.admin('POST', '/keys', { name: 'kept' });
    const endless = stream(first, 'endless', key);
    await endless.received(2);
    const calls = Array.from({ length: 40 }, () => stream(first, 'quick', key));
    await Promise.all(calls.map((call) => call.ended()));
    await first.killHard();
    expect(await endless.ended()).toBe('reset');

    const second = await start();
    const again = stream(second, 'quick', key);
    await again.ended();
    expect(again.isDone).toBe(true);
    expect((await second.admin('GET', '/providers')).data).toHaveLength(1);
    expect((await second.admin('GET', '/models')).data).toHaveLength(2);
    const answered = [...calls, again].map((call) => call.requestId).sort();
    const kept = (await records(second, answered.length)).map((record) => record.request_id).sort();
    expect(kept).toEqual(answered);
  });
});

/** What is in the database of processes that have ended. */
async function readLedger() {
  const { url, dataDir } = database;
  const closed = await Database.open({ url, dataDir, schemaFolder: join(ROOT, 'prisma') });
  const rows = await closed.prisma.usageRecord.findMany();
  await closed.close();
  return rows;
}

describe('SIGTERM', () => {
  const isReady = async (gateway: GatewayProcess) => (await fetch(`${gateway.url}/ready`)).status;

  it('says so at /ready, lets streams finish whole, records them, and ends with 0', async () => {
    const gateway = await start();
    await gateway.addUpstream(sandbox.url, { steady: 'steady;chunks=60;gap=20' });
    expect(await isReady(gateway)).toBe(200);
    // Neither a connection that is kept alive nor one that never says anything holds the process.
    const port = Number(new URL(gateway.url).port);
    const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    sockets[0]?.write('GET /health HTTP/1.1\r\nhost: x\r\n\r\n');
    await new Promise((resolve) => sockets[0]?.once('data', resolve));
    const live = Array.from({ length: 20 }, () => stream(gateway, 'steady'));
    await Promise.all(live.map((client) => client.received(1)));
    gateway.signal('SIGTERM');
    await until(async () => (await isReady(gateway)) === 503);
    const late = stream(gateway, 'steady');
    expect(await late.ended()).toBe('whole');
    expect(late.status).toBe(503);
    expect(late.response?.headers).toMatchObject({ 'retry-after': '1', connection: 'close' });
    expect(live.every((client) => client.bodyEnd === undefined)).toBe(true);
    expect(await Promise.all(live.map((client) => client.ended()))).toEqual(live.map(() => 'whole'));
    expect(live.every((client) => client.isDone && client.errors.length === 0)).toBe(true);
    expect(await gateway.ended()).toEqual({ code: 0, signal: null });
    expect(gateway.stderr).toBe('');
    for (const socket of sockets) socket.destroy();
    expect((await readLedger()).map((row) => row.status)).toEqual(live.map(() => 'ok'));
    expect(readSpool(database.dataDir)).toBe('');
  });

  it('past the deadline: an error frame and a normal end for each stream, and 0', async () => {
    const gateway = await start({ PLLM_DRAIN_SECONDS: '1' });
    await gateway.addUpstream(sandbox.url, {
      endless: 'endless;chunks=9999;gap=20',
      mute: 'mute;delay=60000',
      huge: 'huge;chunks=9999;size=10000',
    });
    const live = Array.from({ length: 5 }, () => stream(gateway, 'endless'));
    await Promise.all(live.map((client) => client.received(1)));
    const unanswered = stream(gateway, 'mute');
    const unread = stream(gateway, 'huge');
    await unread.holdAtHead();
    await sandbox.ledger.waitFor((entry) => entry.model.startsWith('mute'));
    await sandbox.ledger.waitFor((entry) => entry.chunksWritten > 100);
    gateway.signal('SIGTERM');
    for (const client of live) {
      expect(await client.ended()).toBe('whole');
      expect(client.isDone).toBe(false);
      expect(client.errors).toEqual([expect.objectContaining({ code: 'service_unavailable' })]);
    }
    expect(await unanswered.ended()).toBe('whole');
    expect(unanswered.status).toBe(503);
    expect(await gateway.ended()).toEqual({ code: 0, signal: null });
    unread.leave();
    const rows = await readLedger();
    expect(rows).toHaveLength(live.length + 2);
    expect(rows.filter((row) => row.status !== 'error')).toEqual([]);
    expect(rows.find((row) => row.model === 'mute')?.httpStatus).toBe(503);
  });
});

describe('a data directory', () => {
  it.skipIf(inject('postgresUrl'))(
    'has one owner: whoever comes second is refused, in one line',
    async () => {
      const refusal = `pllm: The data directory ${database.dataDir} is in use by another process.\n`;
      const first = await start();
      const second = launch();
      expect(await second.ended()).toEqual({ code: 1, signal: null });
      expect(second).toMatchObject({ stderr: refusal, stdout: '' });
      expect((await fetch(`${first.url}/ready`)).status).toBe(200);

      // The kernel lets go of what a killed process held; of two that want it then, one gets it.
      await first.killHard();
      const rivals = [launch(), launch()];
      await until(() => rivals.every((rival) => rival.ending || rival.banner), 30_000);
      const losers = rivals.filter((rival) => rival.ending);
      expect(losers).toEqual([
        expect.objectContaining({ stderr: refusal, ending: { code: 1, signal: null } }),
      ]);
    },
  );

  it('is of no use with another secret key, and neither is a port that is taken: one line each', async () => {
    await (await start()).killHard();
    const wrong = randomBytes(32).toString('base64');
    const gateway = launch({ PLLM_SECRET_KEY: wrong });
    expect(await gateway.ended()).toEqual({ code: 1, signal: null });
    expect(gateway.stderr).toMatch(/^pllm: PLLM_SECRET_KEY is not the key [^\n]*\n$/);
    expect(gateway.stderr).not.toContain(wrong);

    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as AddressInfo;
    const another = launch({ PORT: String(port) });
    expect(await another.ended()).toEqual({ code: 1, signal: null });
    expect(another.stderr).toMatch(new RegExp(`^pllm: [^\\n]*${port}\\n$`));
    holder.close();
  });
});

/** Each variable has its line in `config.spec.ts`. */
describe('an environment that is wrong', () => {
  it.each([
    ['PORT', 'eighty-eighty'],
    ['PLLM_MASTER_KEY', 'sk-master-1234567890-1234567890'],
  ])('is refused in one line that names %s, not its value', async (name, value) => {
    const gateway = launch({ [name]: value });
    expect(await gateway.ended()).toEqual({ code: 1, signal: null });
    expect(gateway.stderr).toMatch(new RegExp(`^pllm: ${name}: [^\\n]+\\n$`));
    expect(gateway.stderr).not.toContain(value);
    expect(gateway.stdout).toBe('');
  });
});

const postgresUrl = inject('postgresUrl');

describe.runIf(postgresUrl)('three processes on one new Postgres database', () => {
  const applied = async (url: string): Promise<string[]> => {
    const schemaFolder = join(ROOT, 'prisma');
    const opened = await Database.open({ url, dataDir: database.dataDir, schemaFolder });
    const rows = await opened.prisma.$queryRaw<{ name: string }[]>`
      SELECT migration_name AS name FROM _prisma_migrations ORDER BY name`;
    await opened.close();
    return rows.map(({ name }) => name);
  };

  /** All come up at once, and a key of one is good for all: they have the same pepper. */
  async function expectOneGateway(all: GatewayProcess[], DATABASE_URL: string): Promise<void> {
    await Promise.all(all.map((gateway) => gateway.isUp()));
    const master = readMasterKey();
    const { key } = await (all[0] as GatewayProcess).admin('POST', '/keys', { name: 'of-one' }, master);
    for (const gateway of all) {
      expect((await fetch(`${gateway.url}/ready`)).status).toBe(200);
      const answer = await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
      expect(answer.status).toBe(200);
    }
    const folders = readdirSync(join(ROOT, 'prisma', 'migrations'), { withFileTypes: true });
    const wanted = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(await applied(DATABASE_URL)).toEqual(wanted.sort());
  }

  const readMasterKey = (): string => {
    const file = join(database.dataDir, 'master.key');
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : MASTER_KEY;
  };

  it('all come up, and its migrations are applied once', async () => {
    const DATABASE_URL = await createDatabase({ url: postgresUrl ?? '' });
    const PLLM_SECRET_KEY = randomBytes(32).toString('base64');
    const all = ['one', 'two', 'three'].map((name) =>
      launch({ DATABASE_URL, PLLM_SECRET_KEY, PLLM_DATA_DIR: join(database.dataDir, name) }),
    );
    await expectOneGateway(all, DATABASE_URL);
  });

  it('wait for the one that migrates, as long as they may', async () => {
    const DATABASE_URL = await createDatabase({ url: postgresUrl ?? '' });
    const migrating = new Client({ connectionString: DATABASE_URL });
    await migrating.connect();
    await migrating.query('SELECT pg_advisory_lock(7270736902)');
    const [patient, impatient] = [
      launch({ DATABASE_URL }),
      launch({ DATABASE_URL, PLLM_DATABASE_WAIT_SECONDS: '0' }),
    ];
    expect(await impatient?.ended()).toEqual({ code: 1, signal: null });
    expect(impatient?.stderr).toBe('pllm: Another process has been migrating the database for 10 s.\n');
    expect(patient?.ending).toBeUndefined();
    expect(patient?.banner).toBeUndefined();
    await migrating.end();
    await patient?.isUp();
  });

  it('make their secrets together where they share a data directory', async () => {
    const DATABASE_URL = await createDatabase({ url: postgresUrl ?? '' });
    const all = [1, 2, 3].map(() => launch({ DATABASE_URL, PLLM_MASTER_KEY: undefined }));
    await expectOneGateway(all, DATABASE_URL);
    const secrets = readdirSync(database.dataDir).filter((name) => name.includes('.key'));
    expect(secrets.sort()).toEqual(['master.key', 'secret.key']);
    const shown = all.filter(({ stdout }) => stdout.includes(readMasterKey()));
    expect(shown).toHaveLength(1);
  });
});
