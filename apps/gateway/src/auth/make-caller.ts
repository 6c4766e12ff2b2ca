import { limitSubject } from '#contract';
import type { RateLimits } from '#contract';
import { callerBudgets, joinBudgets } from '#metering';
import type { Key } from '#persistence';
import { compileGlob } from '#routing';
import { allowedIps } from './allowed-ips.js';
import { CALLERS } from './caller.js';
import type { Caller, Role } from './caller.js';
import { isScoped } from './is-scoped.js';
import type { Team, TeamReference, TeamRegistry } from './team-registry.js';

/** Who presents the master key. */
export const MASTER: Caller = {
  keyId: null,
  teamId: null,
  name: 'master',
  role: 'master',
  isScoped: false,
  mayCall: () => true,
};

/** Who presents a key. */
export function makeCaller(key: Key, teams: Pick<TeamRegistry, 'referTo'>): Caller {
  const { id, models, limits, budget, endUserBudget } = key;
  const globs = models.map(compileGlob);
  const role = key.role as Role;
  const mayCall = (model: string): boolean =>
    CALLERS.includes(role) && (globs.length === 0 || globs.some((matches) => matches(model)));
  const caller: Caller = {
    keyId: id,
    teamId: null,
    name: id,
    role,
    isScoped: isScoped(key),
    limited: limitSubject('key', id, limits as RateLimits),
    budgets: callerBudgets({ kind: 'key', id, budget, endUserBudget }),
    allowedIps: allowedIps(key.allowedIps),
    mayCall,
  };
  return key.teamId === null ? caller : new TeamMember(caller, teams.referTo(key.teamId));
}

/** A key and, behind a reference that is always true, its team: a call is let through by both. */
class TeamMember implements Caller {
  readonly keyId: Caller['keyId'];
  readonly name: Caller['name'];
  readonly role: Caller['role'];
  readonly isScoped = true;
  readonly limited: Caller['limited'];
  readonly allowedIps: Caller['allowedIps'];
  /** Whose budgets were joined with its own: made anew when the team is another. */
  private joinedTeam: Team | undefined;
  private joined: Caller['budgets'];

  constructor(
    private readonly own: Caller,
    private readonly reference: TeamReference,
  ) {
    this.keyId = own.keyId;
    this.name = own.name;
    this.role = own.role;
    this.limited = own.limited;
    this.allowedIps = own.allowedIps;
    this.joined = own.budgets;
  }

  /** The team's that counts: in place of a stored one it may be a declared one. */
  get teamId(): string {
    return this.reference.team?.id ?? this.reference.id;
  }

  get teamLimited(): Caller['teamLimited'] {
    return this.reference.team?.limited;
  }

  get budgets(): Caller['budgets'] {
    const { team } = this.reference;
    if (team !== this.joinedTeam) {
      this.joinedTeam = team;
      this.joined = joinBudgets(this.own.budgets, team?.budgets);
    }
    return this.joined;
  }

  get isOrphan(): boolean {
    return this.reference.team === undefined;
  }

  mayCall(model: string): boolean {
    return this.own.mayCall(model) && this.reference.team?.mayCall(model) === true;
  }
}
