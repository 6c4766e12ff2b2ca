import type { Provider } from '#contract';
import { ParallelLimit } from '#routing';

/** The attempts that are made at once at providers whose operator bounds them. */
export class ProviderLimits {
  private readonly limits = new Map<string, ParallelLimit>();

  /** @param workers how many processes this gateway is: each has an equal part of a bound, and at least 1 */
  constructor(private readonly workers = 1) {}

  /** Undefined: there is no bound. */
  of({ id, maxParallel }: Provider): ParallelLimit | undefined {
    if (maxParallel === undefined) return undefined;
    const most = Math.max(1, Math.floor(maxParallel / this.workers));
    let limit = this.limits.get(id);
    if (!limit) this.limits.set(id, (limit = new ParallelLimit(most)));
    limit.most = most;
    return limit;
  }
}
