/** What a stopwatch asks of an exchange. */
interface Arriving {
  /** When something of the answer came last, on the monotonic clock; 0: nothing has. */
  readonly arrivedAt: number;
}

/**
 * Whose time it is: the provider's from when a request is handed to its socket until the answer has arrived, ours
 * before and behind that. All in milliseconds, on the monotonic clock.
 */
export class Stopwatch {
  totalMs = 0;
  upstreamMs: number | undefined = undefined;
  firstTokenMs: number | undefined = undefined;
  overheadMs: number | undefined = undefined;
  private exchange: Arriving | undefined = undefined;
  private sentAt = 0;
  private openedAt: number | undefined = undefined;

  constructor(private readonly startedAt: number) {}

  /** A target was asked. */
  send(exchange: Arriving, now: number): void {
    this.settle(now);
    this.exchange = exchange;
    this.sentAt = now;
  }

  /** The answer's headers are written. */
  answer(now: number): number {
    this.settle(now);
    this.overheadMs = now - this.startedAt - (this.upstreamMs ?? 0);
    return this.overheadMs;
  }

  /** The answer is written as it comes: from here on the provider's time is the answer's. */
  open(now: number): number {
    this.openedAt = now;
    this.firstTokenMs = now - this.startedAt;
    return this.answer(now);
  }

  /** The call is over. */
  stop(now: number): this {
    this.settle(now);
    this.totalMs = now - this.startedAt;
    if (this.openedAt !== undefined) this.upstreamMs = (this.upstreamMs ?? 0) + now - this.openedAt;
    return this;
  }

  /** Where nothing came, it was waited for until now. */
  private settle(now: number): void {
    if (!this.exchange) return;
    const waited = (this.exchange.arrivedAt || now) - this.sentAt;
    this.upstreamMs = (this.upstreamMs ?? 0) + Math.max(0, waited);
    this.exchange = undefined;
  }
}
