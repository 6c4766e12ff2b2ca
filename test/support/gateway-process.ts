import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { childrenOf, signalIfThere } from './child-processes.js';
import type { Answer } from './gateway.js';
import { MASTER_KEY } from './master-key.js';
import { residentMb } from './resident-mb.js';
import { until } from './until.js';
import { workersOn } from './workers.js';

const MAIN = join(new URL('../..', import.meta.url).pathname, 'dist', 'apps', 'gateway', 'src', 'main.js');

/** A first start makes the database, which takes seconds, and several may start at once, each as several processes. */
const START_MS = 60_000;

/** Several run at once, on ports that are free; no balancer is before one, unless a test puts it there. */
const DEFAULTS = {
  HOST: '127.0.0.1',
  PORT: '0',
  PLLM_LOG_LEVEL: 'silent',
  PLLM_DRAIN_DELAY_SECONDS: '0',
  PLLM_METRICS_PORT: 'off',
};

/** What an operator sees of a process that ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The built gateway as a process of its own, as an operator runs it. */
export class GatewayProcess {
  stdout = '';
  stderr = '';
  ending: Ending | undefined;
  private readonly child: ChildProcess;

  private constructor(env: Record<string, string | undefined>) {
    if (!existsSync(MAIN)) throw new Error('There is no build: node .tools/bootstrap.mjs');
    // Nothing of what the tests themselves were started with, but for how many processes each gateway on Postgres has.
    const { PATH, HOME, TMPDIR } = process.env;
    const workers = { PLLM_WORKERS: String(workersOn(env.DATABASE_URL)) };
    this.child = spawn(process.execPath, [MAIN], {
      env: { PATH, HOME, TMPDIR, ...DEFAULTS, ...workers, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.child.once('close', (code, signal) => (this.ending = { code, signal }));
  }

  /** Starts one; it may fail. `env` is what an operator would set. */
  static launch(env: Record<string, string | undefined>): GatewayProcess {
    return new GatewayProcess(env);
  }

  /** Starts one and waits for its banner. */
  static async start(env: Record<string, string | undefined>): Promise<GatewayProcess> {
    const gateway = new GatewayProcess(env);
    await gateway.isUp();
    return gateway;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The banner's lines, without those of the log, once it is whole. */
  get banner(): string[] | undefined {
    const lines = this.stdout.split('\n').filter((line) => !line.startsWith('{'));
    const last = lines.findIndex((line) => line.startsWith('curl '));
    return last > 0 && lines.length > last + 1 ? lines.slice(0, last + 1) : undefined;
  }

  get url(): string {
    return this.banner?.[0]?.match(/http:\S+/)?.[0] ?? '';
  }

  /** The curl that the banner ends with. */
  get curl(): string {
    return this.banner?.at(-1) ?? '';
  }

  async isUp(): Promise<void> {
    await until(() => {
      if (this.ending) throw new Error(`The gateway ended (${this.ending.code}): ${this.stderr}`);
      return this.banner !== undefined;
    }, START_MS);
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Of a gateway that is several processes, those that take calls. */
  get workers(): number[] {
    return childrenOf(this.pid);
  }

  /** What all its processes hold in memory, in MiB. */
  get residentMb(): number {
    return [this.pid, ...this.workers].map(residentMb).reduce((sum, each) => sum + each, 0);
  }

  /** As a power cut would end it, with its workers. */
  async killHard(): Promise<void> {
    // One that stands still replaces nobody.
    this.signal('SIGSTOP');
    for (const worker of this.workers) signalIfThere(worker, 'SIGKILL');
    this.signal('SIGKILL');
    await this.ended();
  }

  async ended(patienceMs = 30_000): Promise<Ending> {
    return until(() => this.ending, patienceMs);
  }

  /** For the end of a test, however it went. */
  async stop(): Promise<void> {
    if (!this.ending) await this.killHard();
  }

  /** The admin API, as the master; throws on anything but 2xx. */
  async admin(method: string, path: string, body?: unknown, key = MASTER_KEY): Promise<Answer['json']> {
    const response = await fetch(`${this.url}/v1/admin${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** A provider that is the sandbox at `baseUrl`, and models on it: name to script. */
  async addUpstream(baseUrl: string, models: Record<string, string>): Promise<void> {
    await this.admin('POST', '/providers', { name: 'upstream', type: 'sandbox', base_url: baseUrl });
    for (const [id, model] of Object.entries(models)) {
      await this.admin('POST', '/models', { id, targets: [{ provider: 'upstream', model }] });
    }
  }
}
