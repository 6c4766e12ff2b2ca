import { openSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, makeFolder, start, until } from './children.mjs';
import { SCRIPTS, TRANSLATED_SCRIPTS, publicName } from './cases.mjs';

const MASTER_KEY = 'sk-pllm-bench-2718281828459045';

/**
 * The built gateway, set up as an operator would: a provider, the models, a member's key. Everything that exists is
 * on; the access log goes to a file. `databaseUrl` undefined: the embedded database.
 */
export async function startGateway({ upstream, ...options }) {
  const gateway = await launchGateway(options);
  const key = await setUp(gateway.url, upstream);
  return { ...gateway, headers: bearer(key) };
}

/** The process alone; with the `folder` and the database of one before it, what that had is there. */
export async function launchGateway(options) {
  const { root, databaseUrl, nodeOptions = [], variables = {}, folder = makeFolder('gateway') } = options;
  const logFile = join(folder, 'access.log');
  const port = await freePort();
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    HOST: '127.0.0.1',
    PORT: String(port),
    PLLM_METRICS_PORT: String(await freePort()),
    PLLM_DATA_DIR: join(folder, 'data'),
    PLLM_DRAIN_DELAY_SECONDS: '0',
    PLLM_MASTER_KEY: MASTER_KEY,
    ...(databaseUrl && { DATABASE_URL: databaseUrl }),
    ...variables,
  };
  const args = [...startOptions(root), ...nodeOptions, join(root, 'dist/apps/gateway/src/main.js')];
  const stdio = ['ignore', openSync(logFile, 'a'), 'inherit'];
  const from = performance.now();
  const child = start('gateway', process.execPath, args, { cwd: folder, env, stdio });
  const url = `http://127.0.0.1:${port}`;
  await until(
    'the gateway',
    () =>
      fetch(`${url}/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    60,
  );
  const readyMs = performance.now() - from;
  const empty = () => truncateSync(logFile, 0);
  return { child, url, id: child.pid, folder, readyMs, empty };
}

/** What `npm start` gives to Node there. */
function startOptions(root) {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

export function bearer(key) {
  return { authorization: `Bearer ${key}` };
}

async function setUp(url, upstream) {
  await admin(url, '/providers', { name: 'bench', type: 'sandbox', base_url: upstream });
  const translated = { name: 'translated', type: 'anthropic', base_url: upstream, api_key: 'sk-ant-bench' };
  await admin(url, '/providers', translated);
  const addModel = (provider, model) =>
    admin(url, '/models', { id: publicName(model), targets: [{ provider, model }] });
  for (const script of SCRIPTS) await addModel('bench', script);
  for (const script of TRANSLATED_SCRIPTS) await addModel('translated', script);
  const { key } = await admin(url, '/keys', { name: 'bench', role: 'member' });
  return key;
}

/** What an operator does. */
export async function admin(url, path, body) {
  const response = await fetch(`${url}/v1/admin${path}`, {
    method: 'POST',
    headers: { ...bearer(MASTER_KEY), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}
