import type { Target } from '#contract';

/** Targets in the order they are asked: lowest priority number first, then as listed. */
export function orderByPriority(targets: readonly Target[]): Target[] {
  return [...targets].sort((one, other) => one.priority - other.priority);
}
