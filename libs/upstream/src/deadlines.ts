import { Bag } from '#contract';
import type { Bagged } from '#contract';

/** What ends when its time is up. */
export interface Expiring extends Bagged {
  /** `now` in milliseconds on the monotonic clock. */
  isLate(now: number): boolean;
  expire(): void;
}

/** How late an end may come, in milliseconds. */
const COARSE_MS = 100;

/** Ends what takes too long. One timer looks at all of them: a timer for each would cost more than what it guards. */
export class Deadlines {
  private readonly pending = new Bag<Expiring>();
  private timer: NodeJS.Timeout | undefined;

  add(expiring: Expiring): void {
    this.pending.add(expiring);
    // Behind the sockets' turn: what came while the process was busy is not late.
    this.timer ??= setInterval(() => setImmediate(() => this.look()), COARSE_MS).unref();
  }

  delete(expiring: Expiring): void {
    this.pending.delete(expiring);
  }

  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private look(): void {
    if (this.pending.size === 0) return this.close();
    const now = performance.now();
    this.pending.forEach((expiring) => {
      if (!expiring.isLate(now)) return;
      this.pending.delete(expiring);
      expiring.expire();
    });
  }
}
