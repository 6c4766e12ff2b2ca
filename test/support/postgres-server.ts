import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { childrenOf, signalIfThere } from './child-processes.js';

/** A Postgres server for tests. */
export interface PostgresServer {
  /** `postgresql://postgres@127.0.0.1:PORT`, without a database. */
  readonly url: string;
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** One that may be frozen and restarted. */
export interface OwnPostgres extends PostgresServer {
  /** All of its processes stop where they are, and their connections stay. */
  freeze(): void;
  thaw(): void;
  /** Ends it; `start` brings it back at the same address. */
  halt(): Promise<void>;
  start(): Promise<void>;
}

/** Debian keeps its binaries here, outside of PATH. */
const DEBIAN = '/usr/lib/postgresql';

export class NoPostgres extends Error {}

/** The server at PLLM_TEST_POSTGRES_URL, or one of our own on loopback, in a directory that goes with it. */
export async function startPostgres(): Promise<PostgresServer> {
  const given = process.env.PLLM_TEST_POSTGRES_URL;
  if (given) return { url: given.replace(/\/$/, ''), pid: undefined, stop: async () => {} };
  return startOwnPostgres();
}

/** One of our own on loopback, in a directory that goes with it. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const binaries = findBinaries();
  const folder = mkdtempSync(join(tmpdir(), 'pllm-postgres-'));
  const user = databaseUser();
  if (user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const options = ['-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync'];
  const init = spawnSync(join(binaries, 'initdb'), options, { ...user, encoding: 'utf8' });
  if (init.status !== 0) throw new NoPostgres(`initdb failed: ${init.stderr}`);
  const port = await freePort();
  const url = `postgresql://postgres@127.0.0.1:${port}`;
  const settings = [
    'fsync=off',
    'full_page_writes=off',
    'max_connections=200',
    `unix_socket_directories=${folder}`,
  ];
  const address = ['-D', data, '-h', '127.0.0.1', '-p', String(port)];
  const args = [...address, ...settings.flatMap((setting) => ['-c', setting])];
  let server: ChildProcess;
  const kill = (): void => void server.kill('SIGKILL');
  const start = async (): Promise<void> => {
    server = spawn(join(binaries, 'postgres'), args, { ...user, stdio: 'ignore' });
    await untilUp(url);
  };
  const halt = async (): Promise<void> => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGINT');
    await ended;
  };
  const signalAll = (signal: NodeJS.Signals): void => {
    const id = server.pid ?? 0;
    process.kill(id, signal);
    // The first one makes the others: when it stands still, there are no new ones.
    for (const child of childrenOf(id)) signalIfThere(child, signal);
  };
  process.once('exit', kill);
  await start();
  return {
    url,
    get pid() {
      return server.pid;
    },
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    halt,
    start,
    stop: async () => {
      process.off('exit', kill);
      await halt();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A new database on the server: empty, or a copy of the one at `template`, to which nobody is connected. */
export async function createDatabase(
  server: Pick<PostgresServer, 'url'>,
  template?: string,
): Promise<string> {
  const source = template === undefined ? '' : ` TEMPLATE ${new URL(template).pathname.slice(1)}`;
  const name = `pllm_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  const client = new Client({ connectionString: `${server.url}/postgres` });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}${source}`);
  await client.end();
  return `${server.url}/${name}`;
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

function findBinaries(): string {
  const versions = existsSync(DEBIAN)
    ? readdirSync(DEBIAN).sort((one, other) => Number(other) - Number(one))
    : [];
  const folders = [
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env.PATH ?? '').split(':'),
  ];
  const found = folders.find(
    (folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
  );
  if (!found)
    throw new NoPostgres(
      'Postgres is not installed: apt-get install postgresql, or set PLLM_TEST_POSTGRES_URL',
    );
  return found;
}

/** Postgres refuses to run as root: then it runs as the user its package made. */
function databaseUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number =>
    Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}

async function untilUp(url: string): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const client = new Client({ connectionString: `${url}/postgres` });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await sleep(20);
    }
  }
  throw new NoPostgres('Postgres did not come up within 10 s');
}
