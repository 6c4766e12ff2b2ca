import type { Capabilities, LimitSubject, Target } from '#contract';

/** How a model's targets are ordered for a call. */
export const STRATEGIES = [
  'priority',
  'weighted',
  'round-robin',
  'least-latency',
  'least-busy',
  'lowest-cost',
] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** How hard a call is tried. */
export interface RetryRules {
  /** The most attempts of one call, at all targets together. */
  readonly attempts: number;
  /** Of the calls that a target got in the last ten seconds, the share that may be asked of it again. */
  readonly budgetRatio: number;
}

export const DEFAULT_RETRY: RetryRules = { attempts: 3, budgetRatio: 0.2 };

/** A route under a public name, ready to be called. */
export interface Model {
  readonly id: string;
  readonly ownedBy: string;
  /** Unix seconds. */
  readonly created: number;
  /** Lowest priority number first, then as listed. */
  readonly targets: readonly Target[];
  /** Undefined: `priority`. */
  readonly strategy?: Strategy | undefined;
  /** Public names that are asked, in this order, when the targets are spent. */
  readonly fallbacks?: readonly string[] | undefined;
  /** Undefined: the default. */
  readonly retry?: RetryRules | undefined;
  /** What its operator says that it can, in place of what is known of its targets. */
  readonly capabilities?: Capabilities | undefined;
  /** Undefined: there is no bound. Whatever answers under a pattern counts against the pattern. */
  readonly limited?: LimitSubject | undefined;
}
