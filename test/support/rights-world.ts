import { MASTER_KEY, UPSTREAM_KEY, startBench } from './gateway.js';
import type { Answer, TestBench } from './gateway.js';
import { recordOf } from './records.js';
import { HELD } from './rights.js';
import type { Kind, Right, Who, Whose } from './rights.js';

/** Who asks, and `other`, a member whose objects are foreign to all of them. */
export type Asker = Who | 'other';

/** One request of the matrix. */
export interface Cell {
  readonly operation: string;
  readonly right: Right;
  readonly who: Who;
  readonly whose: Whose;
}

interface Principal {
  /** Empty: it is no key of the database. */
  readonly id: string;
  readonly secret: string;
  /** A call of its own. */
  readonly requestId: string;
}

/** As long as those that are there, so that not even a length tells. */
const MISSING: Readonly<Record<Kind, string>> = {
  called: 'z-1',
  record: `req_${'0'.repeat(32)}`,
  response: `resp_${'0'.repeat(32)}`,
  key: `key_${'0'.repeat(24)}`,
  team: `team_${'0'.repeat(24)}`,
  provider: `prov_${'0'.repeat(24)}`,
  route: 'team/none',
  price: 'openai/none',
};

/** A gateway with a key for each who asks, and objects that are theirs or not. */
export class RightsWorld {
  /** All that was answered. */
  readonly texts: string[] = [];
  private readonly principals = new Map<Asker, Principal>();
  private bystanders: Partial<Record<Kind, string>> = {};
  private made = 0;

  private constructor(readonly bench: TestBench) {}

  static async start(): Promise<RightsWorld> {
    const world = new RightsWorld(await startBench());
    for (const id of ['a-1', 'b-1']) await world.bench.addModel(id, 'gpt-upstream');
    await world.admit('member', { role: 'member', models: HELD.models });
    await world.admit('viewer', { role: 'viewer' });
    await world.admit('scoped', { role: 'admin', ...HELD });
    await world.admit('admin', { role: 'admin' });
    await world.admit('other', { role: 'member' });
    world.principals.set('master', await world.principal('', MASTER_KEY));
    world.principals.set('stranger', await world.principal('', 'sk-pllm-nobody-made-this-one'));
    for (const who of ['member', 'viewer', 'other'] as const) {
      await recordOf(world.bench, world.of(who).requestId);
    }
    const kinds = ['key', 'team', 'provider', 'route', 'price'] as const;
    for (const kind of kinds) world.bystanders[kind] = await world.make(kind, 'foreign', 'master');
    return world;
  }

  /** No answer may hold one of these. */
  get secrets(): string[] {
    return [...[...this.principals.values()].map(({ secret }) => secret), UPSTREAM_KEY];
  }

  of(who: Asker): Principal {
    const principal = this.principals.get(who);
    if (!principal) throw new Error(`There is no ${who}.`);
    return principal;
  }

  newName(): string {
    return `new-${++this.made}`;
  }

  async ask(who: Asker, method: string, path: string, body?: unknown, type?: string): Promise<Answer> {
    const headers = {
      ...(who !== 'nobody' && { authorization: `Bearer ${this.of(who).secret}` }),
      ...(type && { 'content-type': type }),
    };
    const answer = await this.bench.request(method, path, body, headers);
    this.texts.push(answer.text);
    return answer;
  }

  /** Asks with a body that is good in all but rights. */
  async send(
    { operation, right, who }: Pick<Cell, 'operation' | 'right' | 'who'>,
    id: string,
  ): Promise<Answer> {
    const [method = '', template = ''] = operation.split(' ');
    const path = template.replace(/\{type\}\/\{model\}|\{\w+\}/, id);
    const body = right.body?.(id);
    if (!right.isForm || !body) return this.ask(who, method, path, body);
    const form = new FormData();
    for (const [name, value] of Object.entries(body)) form.set(name, value);
    const encoded = new Response(form);
    const type = encoded.headers.get('content-type') ?? '';
    return this.ask(who, method, path, Buffer.from(await encoded.arrayBuffer()), type);
  }

  /** An object as the cell wants it. Who may not, or only reads, is shown one that must not change. */
  async idFor({ operation, right, who, whose }: Cell): Promise<string> {
    const { kind, may } = right;
    if (kind === undefined) return this.newName();
    if (whose === 'missing') return right.makes ? `openai/${this.newName()}` : MISSING[kind];
    const isHarmless = !may.includes(who) || operation.startsWith('GET ');
    return (isHarmless && this.bystanders[kind]) || this.make(kind, whose, who);
  }

  /** All that is told of the objects that must not change. */
  async bystanderTexts(): Promise<string[]> {
    const { key, team, provider, route } = this.bystanders;
    const paths = [
      `/keys/${key}`,
      `/teams/${team}`,
      `/providers/${provider}`,
      `/models/${route}`,
      '/prices?source=override',
    ];
    const answers = await Promise.all(paths.map((path) => this.bench.admin('GET', path)));
    const { data } = answers.pop();
    const price = data.find(({ model }: { model: string }) => `openai/${model}` === this.bystanders.price);
    return [...answers, price].map((answer) => JSON.stringify(answer));
  }

  async makeKey(fields: object): Promise<{ id: string; key: string }> {
    return this.bench.admin('POST', '/keys', { name: this.newName(), ...fields });
  }

  /** An object of the caller, or one that is foreign to it. */
  private async make(kind: Kind, whose: Whose, who: Who): Promise<string> {
    const { bench } = this;
    const hasOwn = ['member', 'scoped', 'admin', 'master'].includes(who);
    const owner = whose === 'own' && hasOwn ? who : 'other';
    if (kind === 'called') return whose === 'own' ? 'a-1' : 'b-1';
    if (kind === 'record') return this.of(owner).requestId;
    if (kind === 'response') {
      const answer = await this.ask(owner, 'POST', '/v1/responses', { model: 'a-1', input: 'Hello' });
      return answer.json.id;
    }
    if (kind === 'key') return (await this.makeKey(whose === 'own' ? HELD : {})).id;
    if (kind === 'team') return (await bench.admin('POST', '/teams', { name: this.newName() })).id;
    if (kind === 'provider') {
      const body = {
        name: this.newName(),
        type: 'sandbox',
        base_url: bench.sandbox.url,
        api_key: UPSTREAM_KEY,
      };
      return (await bench.admin('POST', '/providers', body)).id;
    }
    if (kind === 'route') {
      const id = `team/${this.newName()}`;
      await bench.addModel(id, 'gpt-upstream');
      return id;
    }
    const id = `openai/${this.newName()}`;
    await bench.admin('PUT', `/prices/${id}`, { per_request: '1' });
    return id;
  }

  private async admit(who: Asker, fields: object): Promise<void> {
    const { id, key } = await this.bench.admin('POST', '/keys', { name: who, ...fields });
    this.principals.set(who, await this.principal(id, key));
  }

  private async principal(id: string, secret: string): Promise<Principal> {
    const body = { model: 'a-1', messages: [{ role: 'user', content: 'Hello!' }] };
    const authorization = `Bearer ${secret}`;
    const answer = await this.bench.request('POST', '/v1/chat/completions', body, { authorization });
    return { id, secret, requestId: String(answer.headers.get('x-request-id')) };
  }
}
