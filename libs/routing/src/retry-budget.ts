import { SlidingCount } from './sliding-count.js';

/** Calls and retries are counted over so many seconds. */
const WINDOW_SECONDS = 10;
/** A target that is hardly ever called may be asked again all the same. */
const LEAST_RETRIES = 3;

/**
 * How often a target may be asked again by the calls that it just failed: a share of the calls it got in the last ten
 * seconds, and three in any case. So retries do not multiply the load of an upstream that is down. Times are
 * milliseconds on a clock that does not go back.
 */
export class RetryBudget {
  private readonly calls = new SlidingCount(WINDOW_SECONDS);
  // One second more: the buckets of ten seconds may begin inside of a retry's second.
  private readonly retries = new SlidingCount(WINDOW_SECONDS + 1);

  /** A call comes to the target for the first time. */
  countCall(now: number): void {
    this.calls.add(now);
  }

  /** May the target be asked again? If so, it is counted as done. @param ratio retries for each call */
  take(ratio: number, now: number): boolean {
    const most = Math.max(LEAST_RETRIES, Math.floor(ratio * this.calls.sum(now)));
    if (this.retries.sum(now) >= most) return false;
    this.retries.add(now);
    return true;
  }
}
