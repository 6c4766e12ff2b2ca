import { GatewayError } from '#contract';
import type { ModelRow, ProviderRow } from '#persistence';

/** Providers and models as the database has them. */
export interface Rows {
  readonly providers: readonly ProviderRow[];
  readonly models: readonly ModelRow[];
}

/** The id of a declared provider: none that the database gives out, and the same in every replica. */
export function declaredId(name: string): string {
  return `file:${name}`;
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

  constructor(
    readonly providers: readonly ProviderRow[],
    readonly models: readonly ModelRow[],
    /** How an operator knows the file. */
    readonly file: string,
  ) {
    this.byName = new Map(providers.map((row) => [row.name, row]));
    this.byId = new Map(providers.map((row) => [row.id, row]));
    this.modelsById = new Map(models.map((row) => [row.id, row]));
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

  /** @throws GatewayError `declared_in_file` */
  guardProvider(name: string | undefined): void {
    if (name !== undefined && this.byName.has(name)) this.refuse(`The provider '${name}'`);
  }

  /** @throws GatewayError `declared_in_file` */
  guardModel(id: string): void {
    if (this.modelsById.has(id)) this.refuse(`The model '${id}'`);
  }

  /** Declared and stored as one; stored models that lead to a sleeping provider lead to the one in its place. */
  over({ providers, models }: Rows): Rows {
    if (this.providers.length + this.models.length === 0) return { providers, models };
    const awake = models.filter(({ id }) => !this.modelsById.has(id));
    return {
      providers: [...this.providers, ...providers.filter(({ name }) => !this.byName.has(name))],
      models: [...this.models, ...awake.map((row) => this.redirect(row))],
    };
  }

  /** Stored under a declared name by somebody, so that an operator wonders where they went. */
  sleeping({ providers, models }: Rows): { providers: string[]; models: string[] } {
    // The database's stand-in for a declared provider (see `stand-in.ts`) is nobody's.
    const own = providers.filter(({ id, name }) => this.byName.has(name) && !this.byId.has(id));
    return {
      providers: own.map(({ name }) => name),
      models: models.flatMap(({ id }) => (this.modelsById.has(id) ? [id] : [])),
    };
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
