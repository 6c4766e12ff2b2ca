import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { MASTER_KEY } from './gateway.js';
import type { GatewayProcess } from './gateway-process.js';
import { createDatabase } from './postgres-server.js';
import type { PostgresServer } from './postgres-server.js';
import { ReplicaBench, call } from './replica-bench.js';
import { until } from './until.js';

/** Nano-dollars. */
export const CENT = 10_000_000;
export const DOLLAR = 100 * CENT;
/** What `costly` and `slow` cost, whatever is said. */
export const COST = 2 * CENT;

/** What the database has of an account, in nano-dollars. */
export interface AccountState {
  readonly spent: number;
  readonly reserved: number;
  readonly withheld: number;
}

export interface SpendingKey {
  readonly id: string;
  readonly key: string;
}

/** Two gateways on one Postgres, whose calls cost two cents. */
export class SpendingBench {
  private constructor(
    readonly replicas: ReplicaBench,
    private readonly env: Record<string, string>,
    readonly gateways: GatewayProcess[],
    /** The provider of `slow`. */
    private readonly provider: Sandbox,
  ) {}

  static async start(
    server: Pick<PostgresServer, 'url'>,
    env: Record<string, string> = {},
  ): Promise<SpendingBench> {
    const replicas = new ReplicaBench(await createDatabase(server));
    const gateways = await Promise.all(['0', '1'].map((name) => replicas.start(name, env)));
    const bench = new SpendingBench(replicas, env, gateways, await startSandbox());
    await replicas.addUpstream(bench.at(0));
    const provider = { name: 'counted', type: 'sandbox', base_url: bench.provider.url };
    await bench.at(0).admin('POST', '/providers', provider);
    for (const gateway of gateways) {
      await until(async () => (await gateway.admin('GET', '/system')).replicas === 2, 20_000);
    }
    await bench.addModel('costly', 'costly');
    await bench.addModel('slow', 'slow;delay=5000', undefined, 'counted');
    return bench;
  }

  at(index: number): GatewayProcess {
    return this.gateways[index] as GatewayProcess;
  }

  /** A model that costs two cents a call, unless it is told another price. Known to both gateways. */
  async addModel(
    id: string,
    script: string,
    price: object = { per_request: '0.02' },
    provider = 'upstream',
  ): Promise<void> {
    const targets = [{ provider, model: script }];
    await this.at(0).admin('POST', '/models', { id, targets, price });
    const headers = { authorization: `Bearer ${MASTER_KEY}` };
    for (const { url } of this.gateways) {
      await until(async () => (await fetch(`${url}/v1/models/${id}`, { headers })).ok, 10_000);
    }
  }

  /** How many calls of `slow` its provider has at this moment. */
  get underWay(): number {
    return this.provider.ledger.open;
  }

  /** Known to both gateways. */
  async addKey(fields: object): Promise<SpendingKey> {
    const made = await this.at(0).admin('POST', '/keys', { name: 'spender', ...fields });
    for (const gateway of this.gateways) {
      await until(async () => (await call(gateway, made.key, 'no-such-model')).status === 404, 10_000);
    }
    return made;
  }

  /** The statuses of so many calls at once, sent to the gateways in turn. */
  spend(key: string, count: number, model = 'costly', rest: object = {}): Promise<number[]> {
    return Promise.all(
      Array.from({ length: count }, (_, index) => this.spendAt(index % 2, key, model, rest)),
    );
  }

  /** 0: the gateway was gone before it had answered. */
  async spendAt(index: number, key: string, model = 'costly', rest: object = {}): Promise<number> {
    return call(this.at(index), key, model, rest).then(
      ({ status }) => status,
      () => 0,
    );
  }

  /** The same gateway once more, on its data directory. */
  async restart(index: number): Promise<void> {
    this.gateways[index] = await this.replicas.start(String(index), this.env);
  }

  /** Of all periods together. */
  async accountOf(subject: string): Promise<AccountState> {
    const [row] = await this.replicas.sql<Record<keyof AccountState, string>>(
      `SELECT sum(spent_nanos) AS spent, sum(reserved_nanos) AS reserved, sum(withheld_nanos) AS withheld
      FROM budget_account WHERE subject = $1`,
      [subject],
    );
    const { spent, reserved, withheld } = row ?? {};
    return { spent: Number(spent), reserved: Number(reserved), withheld: Number(withheld) };
  }

  /** What the records of a key, or of a team, come to. */
  async recordedOf(id: string): Promise<number> {
    const [row] = await this.replicas.sql<{ nanos: string }>(
      'SELECT coalesce(sum(cost_nanos), 0) AS nanos FROM usage_record WHERE key_id = $1 OR team_id = $1',
      [id],
    );
    return Number(row?.nanos);
  }

  /** Nothing is reserved any more, what is counted is what was recorded, and nobody finds a difference. */
  async settled(id: string, patienceMs = 60_000): Promise<AccountState> {
    const account = await until(async () => {
      const { spent, reserved, withheld } = await this.accountOf(id);
      return reserved === 0 && spent === (await this.recordedOf(id)) && { spent, reserved, withheld };
    }, patienceMs);
    const { differences, rollups } = await this.reconcile();
    if (differences.length + rollups.length > 0) throw new Error(JSON.stringify({ differences, rollups }));
    return account;
  }

  reconcile(body: object = {}) {
    return this.at(0).admin('POST', '/budgets/reconcile', body);
  }

  async close(): Promise<void> {
    await this.replicas.close();
    await this.provider.close();
  }
}

export const countOf = (statuses: readonly number[], status: number): number =>
  statuses.filter((each) => each === status).length;
