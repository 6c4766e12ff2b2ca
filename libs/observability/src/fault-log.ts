import type { Logger } from './logger.js';

/** An outage is several faults at once: each has two lines a minute, and two that it is over. */
const EVERY_MS = 30_000;

/** Tells of a fault that may come back a thousand times: at once, then now and then with how often it was. */
export class FaultLog {
  private lastAt = Number.NEGATIVE_INFINITY;
  private lastOverAt = Number.NEGATIVE_INFINITY;
  private since = 0;
  private isOn = false;

  constructor(
    private readonly logger: Pick<Logger, 'warn' | 'info'>,
    private readonly event: string,
    private readonly now: () => number = Date.now,
  ) {}

  failed(message: string, error: unknown): void {
    this.isOn = true;
    this.since++;
    if (this.now() - this.lastAt < EVERY_MS) return;
    this.lastAt = this.now();
    this.logger.warn({ event: this.event, times: this.since, err: error }, message);
    this.since = 0;
  }

  /** It works again; said once, and only after a fault. A fault that comes and goes is not told of each time. */
  recovered(message: string): void {
    if (!this.isOn) return;
    this.isOn = false;
    if (this.now() - this.lastOverAt < EVERY_MS) return;
    this.lastOverAt = this.now();
    this.logger.info({ event: this.event }, message);
  }
}
