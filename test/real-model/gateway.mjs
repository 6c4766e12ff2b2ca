import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from './programs.mjs';

const MAIN = fileURLToPath(new URL('../../dist/apps/gateway/src/main.js', import.meta.url));
const START_SECONDS = 120;

/** A record shows within two seconds; a busy machine may take longer. */
const RECORD_MS = 10_000;

/** Starts the built gateway on the embedded database, with nothing in it, and waits until it is ready. */
export async function startGateway(programs, folder) {
  if (!existsSync(MAIN)) throw new Error('The gateway is not built: node .tools/bootstrap.mjs');
  const masterKey = `sk-pllm-${randomBytes(24).toString('hex')}`;
  const port = await freePort();
  const { PATH, HOME } = process.env;
  const program = programs.start('gateway', process.execPath, [MAIN], {
    // Nothing of the operator's: a DATABASE_URL or a provider's key would be taken up.
    env: {
      PATH,
      HOME,
      HOST: '127.0.0.1',
      PORT: String(port),
      PLLM_METRICS_PORT: 'off',
      PLLM_DATA_DIR: join(folder, 'data'),
      PLLM_MASTER_KEY: masterKey,
    },
    cwd: folder,
  });
  const url = `http://127.0.0.1:${port}`;
  await programs.waitFor(program, START_SECONDS, async () => {
    const answer = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(2_000) });
    return answer.ok;
  });
  return { url, admin: new Admin(url, masterKey) };
}

/** The admin API. */
class Admin {
  #headers;

  constructor(url, masterKey) {
    this.url = `${url}/v1/admin`;
    this.#headers = { authorization: `Bearer ${masterKey}`, 'content-type': 'application/json' };
  }

  get(path) {
    return this.#ask('GET', path);
  }

  post(path, body = {}) {
    return this.#ask('POST', path, JSON.stringify(body));
  }

  /** The usage record of a call, or undefined where none shows in time. */
  async findRecord(requestId, waitMs = RECORD_MS) {
    const deadline = performance.now() + waitMs;
    do {
      const { data } = await this.get('/requests?limit=50');
      const record = data.find(({ request_id: id }) => id === requestId);
      if (record) return record;
      await pause(100);
    } while (performance.now() < deadline);
    return undefined;
  }

  async #ask(method, path, body) {
    const options = { method, headers: this.#headers, body, signal: AbortSignal.timeout(20_000) };
    const answer = await fetch(`${this.url}${path}`, options);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} /v1/admin${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }
}
