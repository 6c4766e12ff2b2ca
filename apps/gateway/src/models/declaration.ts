import { GatewayError } from '#contract';
import type { ModelRow, PriceRow, ProviderRow, TeamRow } from '#persistence';
import { covers } from './covers.js';

/** Providers, models and prices as the database has them. */
export interface Rows {
  readonly providers: readonly ProviderRow[];
  readonly models: readonly ModelRow[];
  readonly prices: readonly PriceRow[];
}

const DECLARED = 'file:';

/** The id of a declared provider or team: none that the database gives out, and the same in every replica. */
export function declaredId(name: string): string {
  return `${DECLARED}${name}`;
}

/** Is there no use in a look into the database for this id? */
export function isDeclaredId(id: string): boolean {
  return id.startsWith(DECLARED);
}

/**
 * What the configuration file declares, shaped as rows but never in the database. A name that is declared belongs to
 * the file: a row of that name sleeps until the file lets go of it.
 */
export class Declaration implements Rows {
  static readonly NONE = new Declaration([], [], 'pllm.yaml');

  private readonly byName: ReadonlyMap<string, ProviderRow>;
  private readonly byId: ReadonlyMap<string, ProviderRow>;
  private readonly modelsById: ReadonlyMap<string, ModelRow>;
  private readonly priceNames: ReadonlySet<string>;
  private readonly teamsByName: ReadonlyMap<string, TeamRow>;
  private readonly teamsById: ReadonlyMap<string, TeamRow>;

  constructor(
    readonly providers: readonly ProviderRow[],
    readonly models: readonly ModelRow[],
    /** How an operator knows the file. */
    readonly file: string,
    readonly prices: readonly PriceRow[] = [],
    readonly teams: readonly TeamRow[] = [],
  ) {
    this.byName = new Map(providers.map((row) => [row.name, row]));
    this.byId = new Map(providers.map((row) => [row.id, row]));
    this.modelsById = new Map(models.map((row) => [row.id, row]));
    this.priceNames = new Set(prices.map(priceName));
    this.teamsByName = new Map(teams.map((row) => [row.name, row]));
    this.teamsById = new Map(teams.map((row) => [row.id, row]));
  }

  providerNamed(name: string): ProviderRow | undefined {
    return this.byName.get(name);
  }

  providerWithId(id: string): ProviderRow | undefined {
    return this.byId.get(id);
  }

  model(id: string): ModelRow | undefined {
    return this.modelsById.get(id);
  }

  teamNamed(name: string): TeamRow | undefined {
    return this.teamsByName.get(name);
  }

  teamWithId(id: string): TeamRow | undefined {
    return this.teamsById.get(id);
  }

  /** @throws GatewayError `declared_in_file` */
  guardTeam(name: string | undefined): void {
    if (name !== undefined && this.teamsByName.has(name)) this.refuse(`The team '${name}'`);
  }

  /** @throws GatewayError `declared_in_file` */
  guardProvider(name: string | undefined): void {
    if (name !== undefined && this.byName.has(name)) this.refuse(`The provider '${name}'`);
  }

  /** @throws GatewayError `declared_in_file` */
  guardModel(id: string): void {
    if (this.modelsById.has(id)) this.refuse(`The model '${id}'`);
  }

  /** @throws GatewayError `declared_in_file` */
  guardPrice(providerType: string, model: string): void {
    const name = priceName({ providerType, model });
    if (this.priceNames.has(name)) this.refuse(`The price of '${name}'`);
  }

  /** Without what its models fall back to, the file would be refused at the next start. @throws GatewayError `conflict` */
  guardFallback(id: string): void {
    const isOwn = (name: string): boolean => this.models.some((row) => covers(row.id, name));
    const user = this.models.find(({ fallbacks }) =>
      fallbacks.some((name) => covers(id, name) && !isOwn(name)),
    );
    if (!user) return;
    const message = `The model '${user.id}', which is declared in ${this.file}, falls back to it.`;
    throw new GatewayError('conflict', { message });
  }

  /** Declared and stored as one; stored models that lead to a sleeping provider lead to the one in its place. */
  over(stored: Rows): Rows {
    const { providers, models, prices } = stored;
    if (this.isEmpty) return stored;
    const awake = models.filter(({ id }) => !this.modelsById.has(id));
    return {
      providers: [...this.providers, ...providers.filter(({ name }) => !this.byName.has(name))],
      models: [...this.models, ...awake.map((row) => this.redirect(row))],
      prices: [...this.prices, ...prices.filter((row) => !this.priceNames.has(priceName(row)))],
    };
  }

  /** Stored under a declared name by somebody, so that an operator wonders where they went. */
  sleeping({ providers, models, prices }: Rows): Record<keyof Rows, string[]> {
    // The database's stand-in for a declared provider (see `stand-in.ts`) is nobody's.
    const own = providers.filter(({ id, name }) => this.byName.has(name) && !this.byId.has(id));
    return {
      providers: own.map(({ name }) => name),
      models: models.flatMap(({ id }) => (this.modelsById.has(id) ? [id] : [])),
      prices: prices.map(priceName).filter((name) => this.priceNames.has(name)),
    };
  }

  private get isEmpty(): boolean {
    // Teams are laid over the stored ones by their own registry.
    return this.providers.length + this.models.length + this.prices.length === 0;
  }

  private redirect(model: ModelRow): ModelRow {
    const targets = model.targets.map((target) => {
      const provider = this.byName.get(target.provider.name);
      return provider ? { ...target, provider, providerId: provider.id } : target;
    });
    return { ...model, targets };
  }

  private refuse(what: string): never {
    const message = `${what} is declared in ${this.file}, and can only be changed there.`;
    throw new GatewayError('declared_in_file', { message });
  }
}

/** `openai/gpt-4o` */
function priceName({ providerType, model }: Pick<PriceRow, 'providerType' | 'model'>): string {
  return `${providerType}/${model}`;
}
