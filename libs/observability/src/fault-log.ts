/** Where faults are told of: a `Logger`, or who tells them in its stead. */
export interface FaultTeller {
  warn(
    fault: { readonly event: string; readonly times: number; readonly err: unknown },
    message: string,
  ): void;
  info(fault: { readonly event: string }, message: string): void;
}

/** An outage is several faults at once: each has two lines a minute, and two that it is over. */
const EVERY_MS = 30_000;

/** Tells of a fault that may come back a thousand times: at once, then now and then with how often it was. */
export class FaultLog {
  private lastAt = Number.NEGATIVE_INFINITY;
  private lastOverAt = Number.NEGATIVE_INFINITY;
  private since = 0;
  private isOn = false;

  constructor(
    private readonly teller: FaultTeller,
    private readonly event: string,
    private readonly now: () => number = Date.now,
  ) {}

  /** @param times how often it was since it was last said */
  failed(message: string, error: unknown, times = 1): void {
    this.isOn = true;
    this.since += times;
    if (this.now() - this.lastAt < EVERY_MS) return;
    this.lastAt = this.now();
    this.teller.warn({ event: this.event, times: this.since, err: error }, message);
    this.since = 0;
  }

  /** It works again; said once, and only after a fault. A fault that comes and goes is not told of each time. */
  recovered(message: string): void {
    if (!this.isOn) return;
    this.isOn = false;
    if (this.now() - this.lastOverAt < EVERY_MS) return;
    this.lastOverAt = this.now();
    this.teller.info({ event: this.event }, message);
  }
}
