import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort, makeFolder, start, until } from './children.mjs';

/** Debian keeps its binaries here, outside of PATH. */
const DEBIAN = '/usr/lib/postgresql';

/** A Postgres of our own; undefined where it is not installed. */
export async function startPostgres() {
  const binaries = findBinaries();
  if (!binaries) return undefined;
  const folder = makeFolder('postgres');
  const user = databaseUser();
  if (user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const make = ['-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync'];
  const init = spawnSync(join(binaries, 'initdb'), make, { ...user, encoding: 'utf8' });
  if (init.status !== 0) throw new Error(`initdb failed: ${init.stderr}`);
  const port = await freePort();
  const settings = ['fsync=off', 'max_connections=200', `unix_socket_directories=${folder}`];
  const args = ['-D', data, '-h', '127.0.0.1', '-p', String(port)];
  for (const setting of settings) args.push('-c', setting);
  const child = start('postgres', join(binaries, 'postgres'), args, { ...user, signal: 'SIGINT' });
  const url = `postgresql://postgres@127.0.0.1:${port}`;
  await until('Postgres', () => query(url, 'SELECT 1'));
  let made = 0;
  const newDatabase = async () => {
    const name = `bench_${++made}`;
    if (!(await query(url, `CREATE DATABASE ${name}`))) throw new Error('Postgres made no database');
    return `${url}/${name}`;
  };
  return { id: child.pid, newDatabase };
}

/** Did it go through? */
async function query(url, text) {
  const client = new Client({ connectionString: `${url}/postgres` });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(text);
    await client.end();
    return true;
  } catch {
    return false;
  }
}

function findBinaries() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  const folders = [
    ...versions.sort((one, other) => Number(other) - Number(one)).map((name) => join(DEBIAN, name, 'bin')),
    ...(process.env.PATH ?? '').split(':'),
  ];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** Postgres refuses to run as root: then it runs as the user its package made. */
function databaseUser() {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}
