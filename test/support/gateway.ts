import { inject } from 'vitest';
import { readConfig } from '../../apps/gateway/src/config/config.js';
import { startGateway } from '../../apps/gateway/src/gateway.js';
import type { Gateway } from '../../apps/gateway/src/gateway.js';
import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { makeDatabase } from './databases.js';
import { GatewayProcess } from './gateway-process.js';
import { MASTER_KEY } from './master-key.js';
import { until } from './until.js';
import { workersOn } from './workers.js';

export { MASTER_KEY } from './master-key.js';

/** An answer of the gateway, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Tests look into bodies of every shape. */
  readonly json: ReturnType<typeof JSON.parse>;
}

/** A gateway and an upstream to break, both on loopback, with an admin's hands on them. */
export interface TestBench {
  readonly gateway: Gateway;
  readonly sandbox: Sandbox;
  readonly url: string;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The same with the master key; throws on anything but 2xx. */
  admin(method: string, path: string, body?: unknown): Promise<Answer['json']>;
  /** A model under `id` whose only target is the sandbox model `script`. */
  addModel(id: string, script: string, rest?: object): Promise<void>;
  /** A new key's secret. */
  addKey(fields?: object): Promise<string>;
  close(): Promise<void>;
}

/** Starts the real server on a real socket, in this process if it is one. `env` is what an operator would set. */
export async function startBench(
  env: Record<string, string> = {},
  upstreamHost = '127.0.0.1',
): Promise<TestBench> {
  const database = await makeDatabase({
    postgresUrl: inject('postgresUrl'),
    postgresTemplate: inject('postgresTemplate'),
    embeddedTemplate: inject('embeddedTemplate'),
  });
  const sandbox = await startSandbox({ keepBodies: true });
  const workers = workersOn(database.url);
  const gateway = await (workers > 1 ? startProcesses : startHere)({
    HOST: '127.0.0.1',
    PORT: '0',
    PLLM_DATA_DIR: database.dataDir,
    DATABASE_URL: database.url,
    PLLM_MASTER_KEY: MASTER_KEY,
    PLLM_LOG_LEVEL: 'silent',
    PLLM_DRAIN_DELAY_SECONDS: '0',
    PLLM_METRICS_PORT: 'off',
    ...env,
  });
  const { url } = gateway;
  const request = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    ask(`${url}${path}`, method, body, headers);
  const admin = async (method: string, path: string, body?: unknown) => {
    const answer = await request(method, `/v1/admin${path}`, body, { authorization: `Bearer ${MASTER_KEY}` });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    if (method === 'POST' && path === '/models' && workers > 1) await isKnown(url, answer.json.id, workers);
    return answer.json;
  };
  await admin('POST', '/providers', {
    name: 'upstream',
    type: 'sandbox',
    base_url: sandbox.url.replace('127.0.0.1', upstreamHost),
    api_key: UPSTREAM_KEY,
  });
  return {
    gateway,
    sandbox,
    url,
    dataDir: database.dataDir,
    databaseUrl: database.url,
    request,
    admin,
    addModel: async (id, script, rest = {}) => {
      await admin('POST', '/models', { id, targets: [{ provider: 'upstream', model: script }], ...rest });
    },
    addKey: async (fields = {}) => (await admin('POST', '/keys', { name: 'test', ...fields })).key,
    close: async () => {
      await gateway.stop();
      await sandbox.close();
      database.remove();
    },
  };
}

type Environment = Record<string, string | undefined>;

const startHere = (env: Environment): Promise<Gateway> => startGateway(readConfig(env));

/** As several processes, into which nobody can look. */
async function startProcesses(env: Environment): Promise<Gateway> {
  const gateway = await GatewayProcess.start(env);
  const { PLLM_METRICS_PORT: port } = env;
  // Until then limits are divided, in case that it is not alone.
  await until(async () => (await gateway.admin('GET', '/system')).replicas === 1, 20_000);
  return {
    get app(): never {
      throw new Error('This test looks into the gateway: it cannot be of several processes.');
    },
    url: gateway.url,
    metricsUrl: port === 'off' ? undefined : `http://127.0.0.1:${port}/metrics`,
    stop: async () => {
      gateway.signal('SIGTERM');
      await gateway.ended();
    },
  };
}

/** Settles when every worker has heard of a model. New connections go to them in turn. */
async function isKnown(url: string, id: string, workers: number): Promise<void> {
  const headers = { authorization: `Bearer ${MASTER_KEY}`, connection: 'close' };
  const show = () => fetch(`${url}/v1/models/${id.replace('*', 'x')}`, { headers });
  await until(async () => {
    const answers = await Promise.all(Array.from({ length: 3 * workers }, show));
    return answers.every(({ ok }) => ok);
  });
}

/** The credential that the gateway has for the sandbox. */
export const UPSTREAM_KEY = 'upstream-secret-5150';

async function ask(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answer> {
  const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : isRaw ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
