import { GatewayError } from '#contract';
import type { Provider } from '#contract';
import { PriceBook } from '#metering';
import type { PriceText } from '#metering';
import type { Database, ProviderRow, SecretKeys } from '#persistence';
import { loadModels, loadPrices, loadProviders, openProviderSecrets } from '#persistence';
import { compileGlob, restOf } from '#routing';
import type { Model } from '#routing';
import { contextWindowOf, maxOutputTokensOf } from './capabilities.js';
import { covers } from './covers.js';
import { Declaration } from './declaration.js';
import type { Rows } from './declaration.js';
import { demoOffer, isOffered, offersBeside } from './offer.js';
import type { Offer } from './offer.js';
import { toModel } from './to-model.js';

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
  readonly prices: PriceBook;
}

/** Clients make up names under a pattern: so many are remembered, and none that is longer. */
const MOST_FOUND = 1_000;
const LONGEST_FOUND = 200;

/** The same one always: a plan without fallbacks is remembered. */
const NO_MODELS: readonly Model[] = [];

/** Public names to models. Reads the database when something changed, never for a call. */
export class ModelRegistry {
  private snapshot: Snapshot = makeSnapshot([], [], new PriceBook([]));
  private declared = Declaration.NONE;
  private stored: Rows = { providers: [], models: [], prices: [] };
  private loading: Promise<void> = Promise.resolve();
  private demo: Offer | undefined;
  private loaded = false;
  private providerCount = 0;

  constructor(
    private readonly database: Database,
    private readonly secrets: Pick<SecretKeys, 'box'> & Partial<Pick<SecretKeys, 'learn'>>,
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

  /** What the configuration file declares. */
  get declaration(): Declaration {
    return this.declared;
  }

  /** What is stored under names that are declared. */
  get sleeping(): Record<keyof Rows, string[]> {
    return this.declared.sleeping(this.stored);
  }

  /** Another file: all of it from this moment on, without a look into the database. */
  declare(declaration: Declaration): void {
    this.declared = declaration;
    this.compose();
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

  /** What a caller may call of a model's fallbacks. Whoever took one away need not think of those who named it. */
  fallbacksOf({ fallbacks }: Model, caller: ModelUser): readonly Model[] {
    if (fallbacks === undefined || fallbacks.length === 0) return NO_MODELS;
    return fallbacks.flatMap((name) => (caller.mayCall(name) ? (this.find(name) ?? []) : []));
  }

  /** The models that a caller may call by name; patterns have no name to call. */
  list(caller: ModelUser): Model[] {
    return [...this.snapshot.models.values()].filter((model) => caller.mayCall(model.id));
  }

  /** Does a model answer to the name under a declaration, or would one if it were enabled? */
  answersTo(name: string, declaration = this.declared): boolean {
    const { providers, models } = declaration.over(this.stored);
    const isThere = models.some(({ id }) => covers(id, name));
    return isThere || this.offersBeside(providers).some((offer) => isOffered(name, offer));
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
    this.stored = await this.database.read(async (queries) => ({
      providers: await loadProviders(queries),
      models: await loadModels(queries),
      prices: await loadPrices(queries),
    }));
    // Another gateway seals under a key that this one has not heard of.
    if (!this.stored.providers.every(({ sealed }) => this.secrets.box.knows(sealed)))
      await this.secrets.learn?.();
    this.compose();
    this.loaded = true;
  }

  private compose(): void {
    const { providers, models: rows, prices } = this.declared.over(this.stored);
    const accounts = new Map(providers.map((row) => [row.id, this.toProvider(row)]));
    const models = rows.filter((row) => row.enabled).map((row) => toModel(row, accounts));
    const offers = this.offersBeside(providers);
    const taken = new Set(rows.map(({ id }) => id));
    const offered = offers.flatMap((offer) => offer.models).filter(({ id }) => !taken.has(id));
    const bare = offers.flatMap(({ bareModels }) => bareModels).filter(({ id }) => !taken.has(id));
    const entries = prices.map(({ providerType: type, model, price }) => ({
      type,
      model,
      price: price as PriceText,
    }));
    this.snapshot = makeSnapshot([...models, ...offered], bare, new PriceBook(entries));
    this.providerCount = providers.length;
  }

  private offersBeside(providers: readonly ProviderRow[]): readonly Offer[] {
    if (this.demo && providers.length + this.offers.length === 0) return [this.demo];
    return offersBeside(this.offers, providers);
  }

  private toProvider(row: ProviderRow): Provider {
    const { apiKey, headers } = openProviderSecrets(this.secrets.box, row);
    const { id, name, type, baseUrl } = row;
    const maxParallel = row.maxParallel ?? undefined;
    return { id, name, type, baseUrl, secret: apiKey, headers, maxParallel };
  }
}

function makeSnapshot(models: readonly Model[], bare: readonly Model[], prices: PriceBook): Snapshot {
  const isPattern = ({ id }: Model): boolean => id.endsWith('*');
  const named = models.filter((model) => !isPattern(model));
  return {
    models: new Map(named.map((model) => [model.id, withFacts(model, prices)])),
    wildcards: models.filter(isPattern).sort((one, other) => other.id.length - one.id.length),
    bare: bare.map((model) => ({ model, matches: compileGlob(model.id) })),
    found: new Map(),
    prices,
  };
}

function findByPattern({ wildcards, bare, prices }: Snapshot, name: string): Model | undefined {
  for (const wildcard of wildcards) {
    const rest = restOf(wildcard.id, name);
    if (rest !== undefined) return withFacts(expand(wildcard, name, rest), prices);
  }
  const owner = bare.find(({ matches }) => matches(name));
  return owner && withFacts(expand(owner.model, name, name), prices);
}

/** Each target with what it costs and how much it reads and writes: no call looks it up. */
function withFacts(model: Model, prices: PriceBook): Model {
  const targets = model.targets.map((target) => ({
    ...target,
    price: target.price ?? prices.find(target.provider.type, target.model),
    contextWindow: contextWindowOf(target.model, model.capabilities),
    maxOutputTokens: maxOutputTokensOf(target.model, model.capabilities),
  }));
  return { ...model, targets };
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
