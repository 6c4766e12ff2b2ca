import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { GatewayProcess } from './gateway-process.js';
import { MASTER_KEY } from './gateway.js';
import { startSandboxProcess } from './sandbox-process.js';
import { HELLO } from './stream-client.js';

type Environment = Record<string, string | undefined>;

/** Gateways as processes on one Postgres, each with a data directory of its own, and the upstream they share. */
export class ReplicaBench {
  /** Each gateway's data directory is in it, by its name. */
  readonly folder = mkdtempSync(join(tmpdir(), 'pllm-replicas-'));
  private readonly secretKey = randomBytes(32).toString('base64');
  private readonly running: GatewayProcess[] = [];
  private sandbox: Awaited<ReturnType<typeof startSandboxProcess>> | undefined;

  constructor(private readonly databaseUrl: string) {}

  /** One more gateway, which may not come up. */
  launch(name: string, extra: Environment = {}): GatewayProcess {
    const gateway = GatewayProcess.launch({
      PLLM_DATA_DIR: join(this.folder, name),
      DATABASE_URL: this.databaseUrl,
      PLLM_MASTER_KEY: MASTER_KEY,
      PLLM_SECRET_KEY: this.secretKey,
      PLLM_LOG_LEVEL: 'info',
      ...extra,
    });
    this.running.push(gateway);
    return gateway;
  }

  async start(name: string, extra: Environment = {}): Promise<GatewayProcess> {
    const gateway = this.launch(name, extra);
    await gateway.isUp();
    return gateway;
  }

  /** A provider, and the models `quick` and `steady` (a second of chunks) on it. */
  async addUpstream(gateway: GatewayProcess): Promise<void> {
    this.sandbox ??= await startSandboxProcess();
    await gateway.addUpstream(this.sandbox.url, { quick: 'quick', steady: 'steady;chunks=40;gap=25' });
  }

  /** What the ledger holds, past every gateway. */
  async recordIds(): Promise<string[]> {
    const rows = await this.sql<{ id: string }>('SELECT request_id AS id FROM usage_record');
    return rows.map(({ id }) => id);
  }

  /** Asks the database itself, past every gateway. */
  async sql<T extends object>(text: string, values: unknown[] = []): Promise<T[]> {
    const client = new Client({ connectionString: this.databaseUrl });
    await client.connect();
    try {
      return (await client.query<T>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.running.map((gateway) => gateway.stop()));
    this.sandbox?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The status of a call of `model`, and how long it is to be waited for. */
export async function call(
  gateway: Pick<GatewayProcess, 'url'>,
  key: string,
  model = 'quick',
  rest: object = {},
) {
  const from = performance.now();
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: HELLO, ...rest }),
  });
  await response.arrayBuffer();
  const { status, headers } = response;
  return {
    status,
    attempts: headers.get('x-pllm-attempts'),
    retryAfter: headers.get('retry-after'),
    ms: performance.now() - from,
  };
}

/** Lines of the log that are not about a call. */
export function faultLines({ stdout }: GatewayProcess): string[] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  return lines.filter((line) => !line.includes('"route":'));
}
