/**
 * One model over three upstreams, one of which is killed every few seconds, and streams all the while:
 * `npm run failover`. Ends with 1 when a client saw an error that another upstream could have avoided.
 *
 *   --rate N      streams a second (200)
 *   --seconds N   how long (60)
 *   --every N     an upstream is killed every so many seconds (4), and comes back after half of that
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MASTER_KEY = 'sk-pllm-failover-1618033988749894';
const MODEL = 'steady';
/** Each stream takes half a second. */
const SCRIPT = 'steady;chunks=20;gap=25';
const UPSTREAMS = 3;

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '60' },
    every: { type: 'string', default: '4' },
  },
});
const options = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]));

const folder = mkdtempSync(join(tmpdir(), 'pllm-failover-'));
const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function keep(child) {
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

async function startSandbox(port) {
  const file = join(ROOT, 'dist/apps/sandbox/src/main.js');
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'];
  const child = keep(fork(file, ['--port', String(port), '--no-ledger'], { stdio }));
  const [{ url }] = await once(child, 'message');
  return { child, url };
}

async function startGateway() {
  const port = await freePort();
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    HOST: '127.0.0.1',
    PORT: String(port),
    PLLM_DATA_DIR: join(folder, 'data'),
    PLLM_MASTER_KEY: MASTER_KEY,
    PLLM_METRICS_PORT: 'off',
    PLLM_LOG_LEVEL: 'silent',
  };
  const stdio = ['ignore', 'ignore', 'inherit'];
  const child = keep(spawn(process.execPath, [join(ROOT, 'dist/apps/gateway/src/main.js')], { env, stdio }));
  const url = `http://127.0.0.1:${port}`;
  const isReady = () =>
    fetch(`${url}/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) await sleep(100);
  return { child, url };
}

async function admin(url, path, body) {
  const response = await fetch(`${url}/v1/admin${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

/** What became of the streams. */
const seen = { sent: 0, whole: 0, cut: 0, failed: 0, failovers: 0, errors: new Map() };
const agent = new Agent({ keepAlive: true });

/** Settles when the stream is over, one way or the other. */
function stream(url, key) {
  seen.sent++;
  return new Promise((resolve) => {
    let text = '';
    const end = () => {
      if (text.endsWith('data: [DONE]\n\n')) seen.whole++;
      else if (text.includes('"content":"') && !text.startsWith('{')) seen.cut++;
      else {
        seen.failed++;
        const what = text.slice(0, 160) || 'a broken connection';
        seen.errors.set(what, (seen.errors.get(what) ?? 0) + 1);
      }
      resolve();
    };
    const asked = request(`${url}/v1/chat/completions`, {
      method: 'POST',
      agent,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    });
    asked.once('error', end);
    asked.once('response', (response) => {
      seen.failovers += Math.max(0, Number(response.headers['x-pllm-attempts'] ?? 1) - 1);
      response.setEncoding('utf8').on('data', (piece) => (text += piece));
      response.once('end', end);
      response.once('error', end);
    });
    asked.end(
      JSON.stringify({ model: MODEL, stream: true, messages: [{ role: 'user', content: 'Hello!' }] }),
    );
  });
}

/** Kills one upstream after the other, and brings each back. Returns how often. */
async function breakThings(sandboxes, ports, until) {
  let kills = 0;
  for (let index = 0; performance.now() < until; index = (index + 1) % UPSTREAMS) {
    await sleep((options.every * 1_000) / 2);
    sandboxes[index].child.kill('SIGKILL');
    kills++;
    await sleep((options.every * 1_000) / 2);
    sandboxes[index] = await startSandbox(ports[index]);
  }
  return kills;
}

async function pour(url, key, until) {
  const open = [];
  const from = performance.now();
  while (performance.now() < until) {
    const due = ((performance.now() - from) / 1_000) * options.rate;
    while (seen.sent < due) open.push(stream(url, key));
    await sleep(5);
  }
  await Promise.all(open);
}

async function main() {
  const ports = [];
  for (let count = 0; count < UPSTREAMS; count++) ports.push(await freePort());
  const sandboxes = await Promise.all(ports.map(startSandbox));
  const gateway = await startGateway();
  const targets = [];
  for (const [index, { url }] of sandboxes.entries()) {
    await admin(gateway.url, '/providers', { name: `upstream-${index}`, type: 'sandbox', base_url: url });
    targets.push({ provider: `upstream-${index}`, model: SCRIPT });
  }
  await admin(gateway.url, '/models', { id: MODEL, strategy: 'round-robin', targets });
  const { key } = await admin(gateway.url, '/keys', { name: 'failover' });
  const until = performance.now() + options.seconds * 1_000;
  const [kills] = await Promise.all([breakThings(sandboxes, ports, until), pour(gateway.url, key, until)]);
  const { sent, whole, cut, failed, failovers, errors } = seen;
  process.stdout.write(
    `${sent} streams in ${options.seconds} s over ${UPSTREAMS} upstreams, one of which was killed ${kills} times\n` +
      `  ${whole} came whole\n` +
      `  ${cut} were cut behind their first content, by the death of their upstream: told so, none shown as whole\n` +
      `  ${failed} failed that another upstream could have answered\n` +
      `  ${failovers} times another upstream was asked, and no client saw it\n`,
  );
  for (const [what, count] of errors) process.stdout.write(`  ${count} x ${what}\n`);
  return failed === 0 && whole > 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  },
);
