import { DEFAULT_TIMEOUTS, GatewayError } from '#contract';
import type { Provider, Target, Timeouts } from '#contract';
import type { Database, ModelRow, ProviderRow, SecretKeys, TargetRow } from '#persistence';
import { loadModels, loadProviders, openProviderSecrets } from '#persistence';
import { compileGlob, orderByPriority, restOf } from '#routing';
import type { Model } from '#routing';
import { demoOffer } from './offer.js';
import type { Offer } from './offer.js';

/** Who asks, as far as models matter. */
export interface ModelUser {
  mayCall(model: string): boolean;
}

/** All that is routed at one moment: swapped whole, and never changed but for what it remembers. */
interface Snapshot {
  readonly models: ReadonlyMap<string, Model>;
  /** Models under a pattern (`openai/*`), longest first. */
  readonly wildcards: readonly Model[];
  /** Models under a pattern of whole names, for names that are nobody else's. */
  readonly bare: readonly { readonly model: Model; readonly matches: (name: string) => boolean }[];
  /** Models that were found under a pattern: the next call takes the same one, and all that is made for it. */
  readonly found: Map<string, Model>;
}

/** Clients make up names under a pattern: so many are remembered, and none that is longer. */
const MOST_FOUND = 1_000;
const LONGEST_FOUND = 200;

/** Public names to models. Reads the database when something changed, never for a call. */
export class ModelRegistry {
  private snapshot: Snapshot = makeSnapshot([], []);
  private loading: Promise<void> = Promise.resolve();
  private demo: Offer | undefined;
  private loaded = false;
  private providerCount = 0;

  constructor(
    private readonly database: Database,
    private readonly secrets: Pick<SecretKeys, 'box'>,
    /** Whatever an operator adds under the same name stands in place of it. */
    private readonly offers: readonly Offer[] = [],
  ) {}

  get isLoaded(): boolean {
    return this.loaded;
  }

  /** How many names and patterns are routed. */
  get size(): number {
    return this.snapshot.models.size + this.snapshot.wildcards.length;
  }

  get hasProviders(): boolean {
    return this.providerCount + this.offers.length > 0;
  }

  /** Reads all models anew. Of two changes at once, the later one's models stay. @throws GatewayError */
  refresh(): Promise<void> {
    this.loading = this.loading.catch(() => {}).then(() => this.load());
    return this.loading;
  }

  /** A model `sandbox` for whoever has no provider yet, so that the first call is answered. */
  async offerDemo(baseUrl: string): Promise<void> {
    this.demo = demoOffer(baseUrl);
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
    const { models, found } = this.snapshot;
    const known = models.get(name) ?? found.get(name);
    // A pattern is no name.
    if (known || name.endsWith('*')) return known;
    const model = findByPattern(this.snapshot, name);
    if (model && name.length <= LONGEST_FOUND) {
      if (found.size >= MOST_FOUND) found.clear();
      found.set(name, model);
    }
    return model;
  }

  private async load(): Promise<void> {
    const { providers, rows } = await this.database.read(async (queries) => ({
      providers: await loadProviders(queries),
      rows: await loadModels(queries),
    }));
    const accounts = new Map(providers.map((row) => [row.id, this.toProvider(row)]));
    const models = rows.filter((row) => row.enabled).map((row) => toModel(row, accounts));
    const offers = this.offersBeside(providers);
    const taken = new Set(rows.map(({ id }) => id));
    const offered = offers.flatMap((offer) => offer.models).filter(({ id }) => !taken.has(id));
    const bare = offers.flatMap(({ bareModels }) => bareModels).filter(({ id }) => !taken.has(id));
    this.snapshot = makeSnapshot([...models, ...offered], bare);
    this.providerCount = providers.length;
    this.loaded = true;
  }

  private offersBeside(providers: readonly ProviderRow[]): readonly Offer[] {
    if (this.demo && providers.length + this.offers.length === 0) return [this.demo];
    const taken = new Set(providers.map(({ name }) => name));
    return this.offers.filter(({ provider }) => !taken.has(provider.name));
  }

  private toProvider(row: ProviderRow): Provider {
    const { apiKey, headers } = openProviderSecrets(this.secrets.box, row);
    return { id: row.id, name: row.name, type: row.type, baseUrl: row.baseUrl, secret: apiKey, headers };
  }
}

function makeSnapshot(models: readonly Model[], bare: readonly Model[]): Snapshot {
  const isPattern = ({ id }: Model): boolean => id.endsWith('*');
  return {
    models: new Map(models.filter((model) => !isPattern(model)).map((model) => [model.id, model])),
    wildcards: models.filter(isPattern).sort((one, other) => other.id.length - one.id.length),
    bare: bare.map((model) => ({ model, matches: compileGlob(model.id) })),
    found: new Map(),
  };
}

function findByPattern({ wildcards, bare }: Snapshot, name: string): Model | undefined {
  for (const wildcard of wildcards) {
    const rest = restOf(wildcard.id, name);
    if (rest !== undefined) return expand(wildcard, name, rest);
  }
  const owner = bare.find(({ matches }) => matches(name));
  return owner && expand(owner.model, name, name);
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
