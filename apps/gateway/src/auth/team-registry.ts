import { limitSubject } from '#contract';
import type { LimitSubject, RateLimits } from '#contract';
import { callerBudgets } from '#metering';
import type { CallerBudgets } from '#metering';
import type { Database, TeamRow } from '#persistence';
import { loadTeams } from '#persistence';
import { compileGlob } from '#routing';
import { Declaration, isDeclaredId } from '../models/declaration.js';
import { WatchedBudgets } from './watched-budgets.js';

/** What keys have in common. Made anew when it changes. */
export interface Team {
  readonly id: string;
  /** Undefined: there is no bound. */
  readonly limited: LimitSubject | undefined;
  /** Undefined: nobody bounds what its calls cost. */
  readonly budgets: CallerBudgets | undefined;
  mayCall(model: string): boolean;
}

/** What a key holds of its team: the same one always, so that a change is there with the next call, and costs none. */
export interface TeamReference {
  readonly id: string;
  /** Undefined: it is gone, or nobody has heard of it yet. */
  readonly team: Team | undefined;
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Every team in memory, stored or declared. Reads the database when something changed, never for a call. */
export class TeamRegistry {
  readonly watched = new WatchedBudgets();
  private teams: ReadonlyMap<string, Team> = new Map();
  private readonly references = new Map<string, Mutable<TeamReference>>();
  private stored: readonly TeamRow[] = [];
  private declared = Declaration.NONE;
  private loading: Promise<void> = Promise.resolve();

  constructor(private readonly database: Database) {}

  /** How many teams are known. */
  get size(): number {
    return this.teams.size;
  }

  /** What the configuration file declares. */
  get declaration(): Declaration {
    return this.declared;
  }

  /** The names of stored teams that are declared. */
  get sleeping(): string[] {
    return this.stored.flatMap(({ name }) => (this.declared.teamNamed(name) ? [name] : []));
  }

  /** Another file: all of it from this moment on, without a look into the database. */
  declare(declaration: Declaration): void {
    this.declared = declaration;
    this.compose();
  }

  /** Reads all teams anew. Of two changes at once, the later one's teams stay. @throws GatewayError */
  refresh(withinMs?: number): Promise<void> {
    this.loading = this.loading.catch(() => {}).then(() => this.load(withinMs));
    return this.loading;
  }

  /** Another gateway may have made a team whose key is here before the news of it. @throws GatewayError */
  async meet(ids: readonly (string | null)[], withinMs?: number): Promise<void> {
    const isUnknown = (id: string | null): boolean => id !== null && !this.teams.has(id) && !isDeclaredId(id);
    if (ids.some(isUnknown)) await this.refresh(withinMs);
  }

  referTo(id: string): TeamReference {
    let reference = this.references.get(id);
    if (!reference) {
      reference = { id, team: this.teams.get(id) };
      this.references.set(id, reference);
    }
    return reference;
  }

  private async load(withinMs: number | undefined): Promise<void> {
    this.stored = await this.database.read(loadTeams, withinMs);
    this.compose();
  }

  /** Keys of a stored team whose name is declared are the declared one's. */
  private compose(): void {
    const declared = new Map(this.declared.teams.map((row) => [row.name, makeTeam(row)]));
    this.teams = new Map([
      ...this.stored.map((row): [string, Team] => [row.id, declared.get(row.name) ?? makeTeam(row)]),
      ...[...declared.values()].map((team): [string, Team] => [team.id, team]),
    ]);
    this.watched.clear();
    for (const row of [...this.stored.filter(({ name }) => !declared.has(name)), ...this.declared.teams])
      this.watched.put({ ...row, kind: 'team' });
    for (const reference of this.references.values()) reference.team = this.teams.get(reference.id);
  }
}

function makeTeam({ id, models, limits, budget, endUserBudget }: TeamRow): Team {
  const globs = models.map(compileGlob);
  return {
    id,
    limited: limitSubject('team', id, limits as RateLimits),
    budgets: callerBudgets({ kind: 'team', id, budget, endUserBudget }),
    mayCall: (model) => globs.length === 0 || globs.some((matches) => matches(model)),
  };
}
