import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SCRIPTS, publicName } from './cases.mjs';
import { freePort, makeFolder, start, until } from './children.mjs';

const here = (name) => fileURLToPath(new URL(`peers/${name}`, import.meta.url));
const CACHE = process.env.PLLM_BENCH_PEERS || join(tmpdir(), 'pllm-bench-peers');
/** Python takes its time to read LiteLLM, once for each worker: minutes where the machine is busy. */
const PATIENCE_SECONDS = 300;
const LITELLM_KEY = 'sk-litellm-bench-2718281828459045';

/**
 * Other gateways, each set up as its own documentation says for production, installed at the versions of `peers/` into
 * a folder outside of the project. `missing` says which could not be installed, and why.
 */
export async function startPeers(upstream) {
  const programs = [];
  const missing = [];
  for (const [name, startPeer] of Object.entries({ portkey: startPortkey, litellm: startLitellm })) {
    const installed = install(name);
    if (installed.reason) missing.push(`${name} could not be installed: ${installed.reason}`);
    else programs.push({ name, isPeer: true, ...(await startPeer(installed.folder, upstream)) });
  }
  return { programs, missing };
}

const STEPS = {
  portkey: {
    lock: 'portkey/package-lock.json',
    install(folder) {
      cpSync(here('portkey'), folder, { recursive: true });
      run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
    },
  },
  litellm: {
    lock: 'litellm.txt',
    install(folder) {
      run('python3', ['-m', 'venv', folder], folder);
      run(join(folder, 'bin/python'), ['-m', 'pip', 'install', '-q', '-r', here('litellm.txt')], folder);
    },
  },
};

/** Once for each state of its lock. */
function install(name) {
  const { lock, install: installInto } = STEPS[name];
  const digest = createHash('sha256')
    .update(readFileSync(here(lock)))
    .digest('hex')
    .slice(0, 12);
  const folder = join(CACHE, `${name}-${digest}`);
  const stamp = join(folder, '.installed');
  if (existsSync(stamp)) return { folder };
  process.stdout.write(`installing ${name} into ${CACHE}\n`);
  try {
    mkdirSync(folder, { recursive: true });
    installInto(folder);
    writeFileSync(stamp, '');
    return { folder };
  } catch (error) {
    return { reason: error.message };
  }
}

function run(command, args, cwd) {
  const { status, error, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0)
    throw new Error(`${command} ${args.slice(0, 3).join(' ')}: ${stderr.trim().split('\n').at(-1)}`);
}

/** Its Node server. It has no keys of its own: whoever calls says whom to ask, and with which key. */
async function startPortkey(folder, upstream) {
  const port = await freePort();
  const script = join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  const env = { PATH: process.env.PATH, HOME: folder, NODE_ENV: 'production' };
  const child = start('portkey', process.execPath, [script, `--port=${port}`, '--headless'], {
    cwd: folder,
    env,
  });
  const url = `http://127.0.0.1:${port}`;
  await until('portkey', () => answers(url), PATIENCE_SECONDS);
  const headers = {
    authorization: 'Bearer sk-upstream',
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': upstream.url,
  };
  return { url, id: child.pid, headers };
}

/** A worker for each core, the master key, no database: its client for Postgres takes a binary that is downloaded. */
async function startLitellm(folder, upstream) {
  const place = makeFolder('litellm');
  const port = await freePort();
  const file = join(place, 'config.json');
  writeFileSync(file, JSON.stringify(litellmConfiguration(upstream), null, 2));
  const env = {
    PATH: process.env.PATH,
    HOME: place,
    LITELLM_MODE: 'PRODUCTION',
    LITELLM_LOG: 'ERROR',
    LITELLM_LOCAL_MODEL_COST_MAP: 'True',
  };
  const args = ['--config', file, '--host', '127.0.0.1', '--port', String(port)];
  args.push('--num_workers', String(cpus().length));
  const log = openSync(join(place, 'log'), 'a');
  const stdio = ['ignore', log, log];
  const child = start('litellm', join(folder, 'bin/litellm'), args, { cwd: place, env, stdio });
  const url = `http://127.0.0.1:${port}`;
  await until('litellm', () => answers(`${url}/health/liveliness`), PATIENCE_SECONDS);
  return { url, id: child.pid, headers: { authorization: `Bearer ${LITELLM_KEY}` }, usesPublicNames: true };
}

/** JSON is YAML. */
function litellmConfiguration(upstream) {
  const model_list = SCRIPTS.map((script) => ({
    model_name: publicName(script),
    litellm_params: { model: `openai/${script}`, api_base: upstream.url, api_key: 'sk-upstream' },
  }));
  return {
    model_list,
    general_settings: { master_key: LITELLM_KEY },
    litellm_settings: { request_timeout: 600, set_verbose: false, json_logs: true },
  };
}

function answers(url) {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}
