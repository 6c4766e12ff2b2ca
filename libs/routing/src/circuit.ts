import { SlidingCount } from './sliding-count.js';

/** `cooling`: it asked to be left alone until a time; `ejected`: it failed, and is left alone for a time. */
export type Health = 'healthy' | 'cooling' | 'ejected';
export type HealthReason = 'failures' | 'failure-rate' | 'credentials' | 'rate-limit' | 'unavailable';

/** What a circuit tells others, and takes from them. */
export interface HealthChange {
  readonly state: Health;
  /** Until when it is left alone, in milliseconds on the circuit's clock; 0 where it is healthy. */
  readonly until: number;
  /** Undefined where it is healthy. */
  readonly reason: HealthReason | undefined;
}

const HEALTHY: HealthChange = { state: 'healthy', until: 0, reason: undefined };

const MOST_CONSECUTIVE = 5;
const WINDOW_SECONDS = 10;
/** Of fewer calls in the window no rate is made. */
const LEAST_CALLS = 20;
const MOST_FAILURE_RATE = 0.5;
const FIRST_OPEN_MS = 5_000;
const LONGEST_OPEN_MS = 60_000;
const CREDENTIALS_OPEN_MS = 30_000;
/** A probe that tells nothing for so long is given up, and another one let in. */
const PROBE_MS = 60_000;
/** Others are not told of every rate limit of a burst. */
const WORTH_TELLING_MS = 1_000;

/**
 * Keeps calls away from a target that fails, and lets one at a time try whether it is back. Every attempt gets a
 * ticket, so that what began before a change says nothing about the time after it. Times are milliseconds on a clock
 * that does not go back.
 */
export class Circuit {
  private isOpen = false;
  private openUntil = 0;
  private openMs = FIRST_OPEN_MS;
  private openReason: HealthReason = 'failures';
  private coolUntil = 0;
  private coolReason: HealthReason = 'rate-limit';
  private consecutive = 0;
  private readonly results = new SlidingCount(WINDOW_SECONDS);
  private readonly failures = new SlidingCount(WINDOW_SECONDS);
  private lastTicket = 0;
  /** Tickets up to this one were given before the last change. */
  private staleTicket = 0;
  private probe = 0;
  private probeUntil = 0;

  /** @param onChange told of what this circuit found out, not of what it was told */
  constructor(private readonly onChange: (change: HealthChange) => void = () => {}) {}

  /** May it be called? Between its times, a circuit that is open lets one probe in. */
  allows(now: number): boolean {
    if (now < this.coolUntil) return false;
    return !this.isOpen || (now >= this.openUntil && !this.isProbed(now));
  }

  /** Is there nothing in it that would be missed? */
  get isUnknown(): boolean {
    return !this.isOpen && this.coolUntil === 0;
  }

  isCooling(now: number): boolean {
    return now < this.coolUntil;
  }

  health(now: number): HealthChange {
    if (now < this.coolUntil) return { state: 'cooling', until: this.coolUntil, reason: this.coolReason };
    if (!this.isOpen) return HEALTHY;
    const until = this.isProbed(now) ? this.probeUntil : this.openUntil;
    return { state: 'ejected', until, reason: this.openReason };
  }

  /** An attempt begins, whether it is allowed or all that a call has left. Returns its ticket. */
  begin(now: number): number {
    const ticket = ++this.lastTicket;
    if (this.isOpen && this.allows(now)) {
      this.probe = ticket;
      this.probeUntil = now + PROBE_MS;
    }
    return ticket;
  }

  succeed(ticket: number, now: number): void {
    if (ticket <= this.staleTicket) return;
    if (this.isOpen) return this.close();
    this.consecutive = 0;
    this.results.add(now);
    if (this.coolUntil !== 0 && now >= this.coolUntil) this.coolUntil = 0;
  }

  fail(ticket: number, now: number): void {
    if (ticket <= this.staleTicket) return;
    if (this.isOpen) {
      if (ticket !== this.probe) return;
      this.openMs = Math.min(this.openMs * 2, LONGEST_OPEN_MS);
      const reason = this.openReason === 'credentials' ? 'failures' : this.openReason;
      return this.open(reason, now + this.openMs);
    }
    this.consecutive++;
    this.results.add(now);
    this.failures.add(now);
    if (this.consecutive >= MOST_CONSECUTIVE) this.open('failures', now + this.openMs);
    else if (this.failsTooOften(now)) this.open('failure-rate', now + this.openMs);
  }

  /** The gateway's credential is refused: no further call can do better. */
  reject(ticket: number, now: number): void {
    const isKnown = this.isOpen && this.openReason === 'credentials' && ticket !== this.probe;
    if (ticket > this.staleTicket && !isKnown) this.open('credentials', now + CREDENTIALS_OPEN_MS);
  }

  /** An attempt ended without a word about the target. */
  release(ticket: number): void {
    if (ticket === this.probe) this.probe = 0;
  }

  /** The target asked to be left alone until then. */
  cool(until: number, reason: 'rate-limit' | 'unavailable', now: number): void {
    if (until <= Math.max(now, this.coolUntil)) return;
    const isWorthTelling = !this.isCooling(now) || until - this.coolUntil >= WORTH_TELLING_MS;
    this.coolUntil = until;
    this.coolReason = reason;
    if (isWorthTelling) this.onChange({ state: 'cooling', until, reason });
  }

  /** Somebody else found this out. A cooldown ends by its time alone. */
  adopt({ state, until, reason }: HealthChange): void {
    if (state === 'healthy') {
      if (this.isOpen) this.shut();
    } else if (state === 'cooling') {
      if (until <= this.coolUntil) return;
      this.coolUntil = until;
      this.coolReason = reason ?? 'rate-limit';
    } else if (!this.isOpen || until > this.openUntil) {
      this.enterOpen(reason ?? 'failures', until);
    }
  }

  private isProbed(now: number): boolean {
    return this.probe !== 0 && now < this.probeUntil;
  }

  private failsTooOften(now: number): boolean {
    const results = this.results.sum(now);
    return results >= LEAST_CALLS && this.failures.sum(now) >= results * MOST_FAILURE_RATE;
  }

  private open(reason: HealthReason, until: number): void {
    this.enterOpen(reason, until);
    this.onChange({ state: 'ejected', until, reason });
  }

  private enterOpen(reason: HealthReason, until: number): void {
    this.isOpen = true;
    this.openReason = reason;
    this.openUntil = until;
    this.forget();
  }

  private close(): void {
    this.shut();
    this.onChange(HEALTHY);
  }

  private shut(): void {
    this.isOpen = false;
    this.openMs = FIRST_OPEN_MS;
    this.forget();
  }

  /** What was counted, and whatever is still under way, belongs to the time before. */
  private forget(): void {
    this.consecutive = 0;
    this.results.clear();
    this.failures.clear();
    this.probe = 0;
    this.staleTicket = this.lastTicket;
  }
}
