import { DEFAULT_TIMEOUTS, GatewayError } from '#contract';
import type { Provider, Target, Timeouts } from '#contract';
import type { Database, ModelRow, ProviderRow, SecretKeys, TargetRow } from '#persistence';
import { loadModels, loadProviders, openProviderSecrets } from '#persistence';
import { orderByPriority, restOf } from '#routing';
import type { Model } from '#routing';

/** Who asks, as far as models matter. */
export interface ModelUser {
  mayCall(model: string): boolean;
}

/** All that is routed at one moment; never changed, swapped whole. */
interface Snapshot {
  readonly models: ReadonlyMap<string, Model>;
  /** Models under a pattern (`openai/*`), longest first. */
  readonly wildcards: readonly Model[];
}

const EMPTY: Snapshot = { models: new Map(), wildcards: [] };

/** Public names to models. Reads the database when something changed, never for a call. */
export class ModelRegistry {
  private snapshot = EMPTY;
  private loading: Promise<void> = Promise.resolve();
  private demo: Model | undefined;
  private loaded = false;
  private providerCount = 0;

  constructor(
    private readonly database: Database,
    private readonly secrets: Pick<SecretKeys, 'box'>,
  ) {}

  get isLoaded(): boolean {
    return this.loaded;
  }

  get hasProviders(): boolean {
    return this.providerCount > 0;
  }

  /** Reads all models anew. Of two changes at once, the later one's models stay. @throws GatewayError */
  refresh(): Promise<void> {
    this.loading = this.loading.catch(() => {}).then(() => this.load());
    return this.loading;
  }

  /** A model `sandbox` for whoever has no provider yet, so that the first call is answered. */
  async offerDemo(baseUrl: string): Promise<void> {
    const provider: Provider = {
      id: 'sandbox',
      name: 'sandbox',
      type: 'sandbox',
      baseUrl,
      secret: undefined,
      headers: {},
    };
    const target: Target = { provider, model: 'sandbox', priority: 0, timeouts: DEFAULT_TIMEOUTS };
    const created = Math.floor(Date.now() / 1000);
    this.demo = { id: 'sandbox', ownedBy: 'pllm-sandbox', created, targets: [target] };
    await this.refresh();
  }

  /** The model that a caller means by `name`. @throws GatewayError `model_not_found`, `model_not_allowed` */
  resolve(name: string, caller: ModelUser): Model {
    const model = this.find(name);
    if (!model) {
      throw new GatewayError('model_not_found', { message: `The model '${clip(name)}' does not exist.` });
    }
    if (!caller.mayCall(name)) {
      throw new GatewayError('model_not_allowed', {
        message: `This API key may not call the model '${clip(name)}'.`,
      });
    }
    return model;
  }

  /** The models that a caller may call by name; patterns have no name to call. */
  list(caller: ModelUser): Model[] {
    return [...this.snapshot.models.values()].filter((model) => caller.mayCall(model.id));
  }

  private find(name: string): Model | undefined {
    const { models, wildcards } = this.snapshot;
    const model = models.get(name);
    if (model) return model;
    // A pattern is no name.
    if (name.endsWith('*')) return undefined;
    for (const wildcard of wildcards) {
      const rest = restOf(wildcard.id, name);
      if (rest !== undefined) return expand(wildcard, name, rest);
    }
    return undefined;
  }

  private async load(): Promise<void> {
    const { providers, rows } = await this.database.read(async (queries) => ({
      providers: await loadProviders(queries),
      rows: await loadModels(queries),
    }));
    const accounts = new Map(providers.map((row) => [row.id, this.toProvider(row)]));
    const models = rows.filter((row) => row.enabled).map((row) => toModel(row, accounts));
    if (this.demo && providers.length === 0) models.push(this.demo);
    this.snapshot = {
      models: new Map(models.filter(({ id }) => !id.endsWith('*')).map((model) => [model.id, model])),
      wildcards: models
        .filter(({ id }) => id.endsWith('*'))
        .sort((one, other) => other.id.length - one.id.length),
    };
    this.providerCount = providers.length;
    this.loaded = true;
  }

  private toProvider(row: ProviderRow): Provider {
    const { apiKey, headers } = openProviderSecrets(this.secrets.box, row);
    return { id: row.id, name: row.name, type: row.type, baseUrl: row.baseUrl, secret: apiKey, headers };
  }
}

function toModel(row: ModelRow, accounts: ReadonlyMap<string, Provider>): Model {
  const enabled = row.targets.filter((target) => target.provider.enabled);
  return {
    id: row.id,
    ownedBy: row.ownedBy,
    created: Math.floor(row.createdAt.getTime() / 1000),
    targets: orderByPriority(enabled.flatMap((target) => toTarget(target, row, accounts))),
  };
}

/** Limits of a target stand before its model's, and those before its provider's. */
function toTarget(row: TargetRow, model: ModelRow, accounts: ReadonlyMap<string, Provider>): Target[] {
  const provider = accounts.get(row.providerId);
  if (!provider) return [];
  const given = [row.provider.timeouts, model.timeouts, row.timeouts] as Partial<Timeouts>[];
  const timeouts = Object.assign({}, DEFAULT_TIMEOUTS, ...given) as Timeouts;
  return [{ provider, model: row.upstreamModel, priority: row.priority, timeouts }];
}

/** A model under a pattern: `*` in its targets stands for the rest of the name. */
function expand(wildcard: Model, name: string, rest: string): Model {
  const targets = wildcard.targets.map((target) => ({
    ...target,
    model: target.model.replaceAll('*', () => rest),
  }));
  return { ...wildcard, id: name, targets };
}

function clip(name: string): string {
  return name.length > 200 ? `${name.slice(0, 200)}…` : name;
}
