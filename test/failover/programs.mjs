import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const builtMain = (app) => fileURLToPath(new URL(`../../dist/apps/${app}/src/main.js`, import.meta.url));
const START_MS = 60_000;
/** Output of a program that is kept for the case that it ends by itself. */
const KEPT_CHARACTERS = 2_000;

/** The processes of one run. All of them end with it. */
export class Programs {
  #sandboxes = new Map();
  #gateway;
  #folder = mkdtempSync(join(tmpdir(), 'pllm-failover-'));

  constructor() {
    process.on('exit', () => {
      for (const child of [...this.#sandboxes.values(), this.#gateway]) child?.kill('SIGKILL');
      rmSync(this.#folder, { recursive: true, force: true });
    });
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  }

  /** On a port, or a free one for 0. Settles to its port. */
  async startSandbox(wanted) {
    const args = ['--port', String(wanted), '--no-ledger'];
    const child = fork(builtMain('sandbox'), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const died = once(child, 'exit').then(() => {
      throw new Error(`The sandbox on port ${wanted} did not start.`);
    });
    const [{ url }] = await Promise.race([once(child, 'message'), died]);
    // Later it may end: that is what it is here for.
    died.catch(() => {});
    const port = Number(new URL(url).port);
    this.#sandboxes.set(port, child);
    return port;
  }

  /** As a crash would end it. */
  async kill(port) {
    const child = this.#sandboxes.get(port);
    this.#sandboxes.delete(port);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** The built gateway on its embedded database, with nothing in it. */
  async startGateway(masterKey) {
    const main = builtMain('gateway');
    if (!existsSync(main)) throw new Error('The gateway is not built: node .tools/bootstrap.mjs');
    const { PATH, HOME } = process.env;
    // Nothing of the operator's: a DATABASE_URL or a provider's key would be taken up.
    const env = {
      PATH,
      HOME,
      HOST: '127.0.0.1',
      PORT: '0',
      PLLM_METRICS_PORT: 'off',
      PLLM_LOG_LEVEL: 'silent',
      PLLM_DRAIN_DELAY_SECONDS: '0',
      PLLM_DATA_DIR: join(this.#folder, 'data'),
      PLLM_MASTER_KEY: masterKey,
    };
    const stdio = ['ignore', 'pipe', 'pipe'];
    this.#gateway = spawn(process.execPath, [main], { env, stdio, cwd: this.#folder });
    const url = await addressOf(this.#gateway);
    return { url, admin: (path, body) => ask(`${url}/v1/admin${path}`, masterKey, body) };
  }

  async stopAll() {
    for (const port of this.#sandboxes.keys()) await this.kill(port);
    if (this.#gateway?.exitCode === null) {
      const ended = once(this.#gateway, 'exit');
      this.#gateway.kill('SIGTERM');
      await ended;
    }
  }
}

/** Where a gateway listens, by its banner. */
function addressOf(child) {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (what) => reject(new Error(`The gateway ${what}: ${output}`));
    const timer = setTimeout(() => fail('was not ready in time'), START_MS);
    child.once('exit', (code) => fail(`ended (${code})`));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-KEPT_CHARACTERS);
        const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
        if (!url || !output.includes('curl ')) return;
        clearTimeout(timer);
        resolve(url);
      });
    }
  });
}

async function ask(url, key, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${url}: ${response.status} ${text}`);
  return JSON.parse(text);
}
