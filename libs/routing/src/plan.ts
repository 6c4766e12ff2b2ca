import { GatewayError } from '#contract';
import type { Target } from '#contract';
import type { HealthReason } from './circuit.js';
import type { RetryRules } from './model.js';
import type { PlaceReason, Placed } from './strategies.js';
import type { TargetState } from './target-state.js';

/** A target that is asked, if none before it answers. */
export interface Step extends Omit<Placed, 'reason'> {
  /** The public name that led to it: the call's own, or a fallback's. */
  readonly model: string;
  /** `last-resort`: it is ejected, and there is nobody else. */
  readonly reason: PlaceReason | 'last-resort';
}

/** A target that is not asked, and why. */
export interface PassedOver {
  readonly target: Target;
  readonly state: TargetState;
  readonly model: string;
  readonly reason: 'ejected' | 'cooling' | 'unsupported';
  /** Why it is ejected or cooling. */
  readonly because: HealthReason | null;
  /** Until when, in milliseconds on the clock of the plan. */
  readonly until: number | null;
}

/** Whom a call asks, in this order. */
export interface Plan {
  readonly model: string;
  readonly retry: RetryRules;
  /** Empty: nobody may be asked (`refuse`). */
  readonly steps: readonly Step[];
  readonly passedOver: readonly PassedOver[];
}

/** What a call is told for which nobody may be asked. */
export function refuse({ steps, passedOver }: Plan, now: number): GatewayError {
  const able = [...steps, ...passedOver.filter(({ reason }) => reason !== 'unsupported')];
  const cooling = able
    .map(({ state }) => state.circuit.health(now))
    .filter(({ state }) => state === 'cooling');
  if (cooling.length > 0) {
    const until = Math.min(...cooling.map((health) => health.until));
    const isLimited = cooling.some(({ reason }) => reason === 'rate-limit');
    const code = isLimited ? 'rate_limit_exceeded' : 'upstream_unavailable';
    return new GatewayError(code, { retryAfter: (until - now) / 1_000 });
  }
  if (passedOver.length > 0) return new GatewayError('unsupported_operation', { param: 'model' });
  return new GatewayError('upstream_unavailable', { message: 'The model has no target that is enabled.' });
}
