import type { Target } from '#contract';
import type { Health, HealthChange, HealthReason } from './circuit.js';
import { TargetState } from './target-state.js';

/** Wildcard models make targets of names that clients make up. */
const MOST_STATES = 10_000;

/** One target as operators see it. */
export interface TargetHealth {
  readonly providerId: string;
  readonly provider: string;
  readonly model: string;
  readonly state: Health;
  readonly reason: HealthReason | null;
  /** Milliseconds until it may be called again; null where it may be now. */
  readonly remainingMs: number | null;
  readonly inFlight: number;
  readonly attempts: number;
  readonly failures: number;
  readonly ejections: number;
  readonly firstTokenMs: number | null;
  readonly tokensPerSecond: number | null;
}

/**
 * What is known of every target, by provider id and upstream model: it outlives the `Target` objects, which are made
 * anew whenever something is configured.
 */
export class TargetStates {
  private byTarget = new WeakMap<Target, TargetState>();
  private readonly byKey = new Map<string, TargetState>();
  /** What others found out of targets that nobody here has called yet. */
  private readonly news = new Map<string, HealthChange>();
  /** Rises when states are let go of: whoever holds some asks again. */
  generation = 0;

  /** @param onChange told when this process finds a target healthy, cooling or ejected */
  constructor(
    private onChange: (state: TargetState, change: HealthChange) => void = () => {},
    private readonly most = MOST_STATES,
  ) {}

  /** Who is told from now on. */
  listen(onChange: (state: TargetState, change: HealthChange) => void): void {
    this.onChange = onChange;
  }

  get size(): number {
    return this.byKey.size;
  }

  of(target: Target): TargetState {
    const known = this.byTarget.get(target);
    if (known) return known;
    const state = this.find(target);
    if (state.provider !== target.provider) state.follow(target.provider);
    this.byTarget.set(target, state);
    return state;
  }

  /** What another replica found out. A target that nobody here has called yet is told of it by its first call. */
  adopt(providerId: string, model: string, change: HealthChange): void {
    const key = keyOf(providerId, model);
    const state = this.byKey.get(key);
    if (state) return state.circuit.adopt(change);
    this.news.delete(key);
    if (change.state === 'healthy') return;
    const [oldest] = this.news.keys();
    if (oldest !== undefined && this.news.size >= this.most) this.news.delete(oldest);
    this.news.set(key, change);
  }

  get(providerId: string, model: string): TargetState | undefined {
    return this.byKey.get(keyOf(providerId, model));
  }

  /** An operator knows better: all targets are as good as new. */
  clear(): void {
    this.byKey.clear();
    this.news.clear();
    this.byTarget = new WeakMap();
    this.generation++;
  }

  list(now: number): TargetHealth[] {
    return Array.from(this.byKey.values(), (state) => describe(state, now));
  }

  private find({ provider, model }: Target): TargetState {
    const key = keyOf(provider.id, model);
    let state = this.byKey.get(key);
    if (!state) {
      if (this.byKey.size >= this.most) this.letGo();
      state = new TargetState(provider, model, (changed, change) => this.onChange(changed, change));
      this.byKey.set(key, state);
      const news = this.news.get(key);
      if (news && this.news.delete(key)) state.circuit.adopt(news);
    }
    return state;
  }

  /** A tenth of them at once, the oldest first, so that the next names do not each take one away. */
  private letGo(): void {
    const most = Math.ceil(this.most / 10);
    const isIdle = (state: TargetState): boolean => state.inFlight === 0;
    const left = this.drop(most, (state) => isIdle(state) && state.circuit.isUnknown);
    if (left > 0) this.drop(left, isIdle);
    this.byTarget = new WeakMap();
    this.generation++;
  }

  /** Returns how many are left to be dropped. */
  private drop(most: number, isDroppable: (state: TargetState) => boolean): number {
    let left = most;
    for (const [key, state] of this.byKey) {
      if (left === 0) break;
      if (isDroppable(state) && this.byKey.delete(key)) left--;
    }
    return left;
  }
}

function describe(state: TargetState, now: number): TargetHealth {
  const { provider, model, inFlight, attempts, failures, ejections } = state;
  const health = state.circuit.health(now);
  return {
    providerId: provider.id,
    provider: provider.name,
    model,
    state: health.state,
    reason: health.reason ?? null,
    remainingMs: health.state === 'healthy' ? null : Math.max(0, health.until - now),
    inFlight,
    attempts,
    failures,
    ejections,
    firstTokenMs: state.firstToken.value ?? null,
    tokensPerSecond: state.tokenRate.value ?? null,
  };
}

function keyOf(providerId: string, model: string): string {
  return `${providerId}\n${model}`;
}
