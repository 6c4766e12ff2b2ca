/** How much of what is in flight is let go of, each time that the process is found too busy. */
const DECREASE = 0.9;
/** How fast the limit comes back, at least by some calls each time. */
const INCREASE = 1.1;
const LEAST_STEP = 8;
/** So many calls are always taken: a process that is held up by something else would never know that it is over. */
const LEAST = 100;

/**
 * How many calls may be in flight: as many as the operator lets, and fewer while the event loop is late. Additive and
 * multiplicative, like congestion control: what a process can carry depends on what the calls are.
 */
export class AdaptiveLimit {
  private current: number;

  /**
   * @param most what the operator lets
   * @param latestMs how late the event loop may be
   */
  constructor(
    private readonly most: number,
    private readonly latestMs: number,
  ) {
    this.current = most;
  }

  get value(): number {
    return this.current;
  }

  /** The event loop was at least this late all of the time since the last look. */
  adjust(lateMs: number, inFlight: number): void {
    if (lateMs > this.latestMs) {
      const less = Math.floor(Math.min(inFlight, this.current) * DECREASE);
      this.current = Math.min(this.most, Math.max(LEAST, less));
    } else if (this.current < this.most) {
      this.current = Math.min(
        this.most,
        Math.ceil(Math.max(this.current + LEAST_STEP, this.current * INCREASE)),
      );
    }
  }
}
