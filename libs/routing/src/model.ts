import type { Target } from '#contract';

/** A route under a public name, ready to be called. */
export interface Model {
  readonly id: string;
  readonly ownedBy: string;
  /** Unix seconds. */
  readonly created: number;
  /** In the order they are asked. */
  readonly targets: readonly Target[];
}
