import type { Timeouts } from '#contract';

/** Over how long the speed of a stream is taken. */
const PACE_MS = 10_000;
/** How long an upstream may take to end an answer of which nobody wants more. */
const LINGER_MS = 200;

/** How long an attempt is waited for. Times are monotonic milliseconds. */
export class Patience {
  /** When all of it must have happened. */
  private end: number;
  /** When something must have happened. */
  private deadline: number;
  private hasBegun = false;
  private isResting = false;
  /** Since when the answer's bytes are counted to tell its speed; 0: they are not. */
  private pacedSince = 0;
  private pacedBytes = 0;

  constructor(
    private readonly timeouts: Timeouts,
    now: number,
  ) {
    this.end = now + timeouts.total_ms;
    this.deadline = now + timeouts.first_byte_ms;
  }

  /** The upstream takes a request that is long: it is not late with its answer. */
  send(now: number): void {
    if (!this.hasBegun) this.deadline = now + this.timeouts.first_byte_ms;
  }

  /** Something of the answer came. */
  receive(bytes: number, now: number): void {
    this.hasBegun = true;
    this.pacedBytes += bytes;
    this.deadline = now + this.timeouts.idle_ms;
  }

  /** Nothing is taken from the upstream: it is not idle, and not slow. */
  rest(): void {
    this.isResting = true;
    this.pacedSince = 0;
  }

  wake(now: number): void {
    this.isResting = false;
    this.deadline = now + this.timeouts.idle_ms;
  }

  /** Nobody wants more of the answer. */
  linger(now: number): void {
    this.end = now + LINGER_MS;
  }

  isOver(now: number): boolean {
    return this.end <= now || (!this.isResting && (this.deadline <= now || this.isSlow(now)));
  }

  private isSlow(now: number): boolean {
    const { min_bytes_per_second: floor } = this.timeouts;
    if (floor === 0 || !this.hasBegun) return false;
    if (this.pacedSince === 0) {
      this.pacedSince = now;
      this.pacedBytes = 0;
    }
    const ms = now - this.pacedSince;
    if (ms < PACE_MS) return false;
    this.pacedSince = 0;
    return this.pacedBytes < (floor * ms) / 1000;
  }
}
