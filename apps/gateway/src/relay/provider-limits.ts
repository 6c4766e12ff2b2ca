import type { Provider } from '#contract';
import { ParallelLimit } from '#routing';

/** The attempts that are made at once at providers whose operator bounds them. */
export class ProviderLimits {
  private readonly limits = new Map<string, ParallelLimit>();

  /** Undefined: there is no bound. */
  of({ id, maxParallel }: Provider): ParallelLimit | undefined {
    if (maxParallel === undefined) return undefined;
    let limit = this.limits.get(id);
    if (!limit) this.limits.set(id, (limit = new ParallelLimit(maxParallel)));
    limit.most = maxParallel;
    return limit;
  }
}
