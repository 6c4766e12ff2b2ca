import type { BudgetSubject } from '#contract';
import type { BudgetAccount, Draw, Grant } from './budget-store.js';

/** Of what was reserved, so much still counts a tick later: together about five ticks' worth. */
const KEPT_A_TICK = 0.8;
/** An account for which nobody called for so many ticks is idle. */
const IDLE_TICKS = 5;

/** What this process holds of an account, and has reserved of it for its calls. Amounts are nano-dollars. */
export class BudgetLease {
  /** What is drawn and not spent: below `reserved`, or zero, where calls cost more than was reserved for them. */
  private held = 0;
  private reserved = 0;
  /** Calls that are not over. */
  private calls = 0;
  private wasDrawnAhead = false;
  private wasCalledIn = false;
  /** What other processes hold, by the last draw. */
  private elsewhere = 0;
  /** So much was asked for in vain a moment ago, and nothing came back since. Undefined: nothing was. */
  private lacked: number | undefined;
  /** Calls that wait for a draw. */
  waiting = 0;
  /** What was given back last. */
  offered = 0;
  /** Is it not known yet whether that was taken? */
  isGivingBack = false;
  /** What was left for anybody when it was last drawn, less what calls took since without a draw. Undefined: unknown. */
  private room: number | undefined;
  private recent = 0;
  private idleTicks = 0;
  /** May there be more in the database than is held? The answer to a draw was lost, or that to a gift back. */
  isUncertain = false;
  limitNanos = 0;
  isStrict = true;

  constructor(readonly account: BudgetAccount) {}

  /** What the next call may have: below 0 where calls cost more than was reserved. */
  get free(): number {
    return this.held - this.reserved;
  }

  /** A call asks; the budget may be another one since the last. */
  see({ limitNanos, mode }: BudgetSubject, nanos: number): void {
    if (limitNanos !== this.limitNanos || (mode === 'strict') !== this.isStrict) this.forgive();
    this.limitNanos = limitNanos;
    this.isStrict = mode === 'strict';
    this.recent = Math.min(this.recent + nanos, limitNanos);
    this.idleTicks = 0;
  }

  take(nanos: number): void {
    this.reserved += nanos;
    this.calls++;
  }

  /** @param took what the call has taken */
  settle(took: number, costNanos: number): void {
    this.reserved -= took;
    this.calls--;
    if (took > costNanos) this.forgive();
    this.held -= costNanos;
    if (this.held >= 0) return;
    // The database takes no more from a lease than it has, and may do so behind the next draw: then it has more.
    if (this.isStrict) this.isUncertain = true;
    else this.held = 0;
  }

  /** There was not enough for it. A balanced call makes do with less: it is told so when there is nothing. */
  deny(nanos: number): void {
    this.lacked = Math.min(this.lacked ?? nanos, this.isStrict ? nanos : 1);
  }

  forgive(): void {
    this.lacked = undefined;
  }

  get isDenying(): boolean {
    return this.lacked !== undefined;
  }

  /** Is it known that there is not enough? */
  denies(nanos: number): boolean {
    return this.lacked !== undefined && nanos >= this.lacked;
  }

  /** Nobody can be asked. What a balanced call takes of the lease; undefined: by what was last known all is spent. */
  takeUnasked(nanos: number): number | undefined {
    const took = Math.max(0, Math.min(nanos, this.free));
    if (this.room !== undefined) {
      if (this.room + this.free <= 0) return undefined;
      this.room -= nanos - took;
    }
    this.take(took);
    return took;
  }

  /** @param asked what waiting calls ask for */
  toDraw(asked: number): Draw {
    const { account, limitNanos, isStrict, free } = this;
    const needNanos = Math.min(Math.max(0, asked - free), limitNanos);
    const extraNanos = Math.floor(Math.max(0, this.recent - Math.max(0, free - asked)));
    return { account, limitNanos, isStrict, needNanos, extraNanos };
  }

  receive({ grantedNanos, roomNanos, elsewhereNanos }: Grant): void {
    if (grantedNanos > 0) this.forgive();
    this.held += grantedNanos;
    this.room = roomNanos;
    this.elsewhere = elsewhereNanos;
  }

  /** Should more be drawn before calls have to wait for it? */
  get isRunningLow(): boolean {
    return this.free < this.recent / 2 && this.room !== 0;
  }

  /** Once a tick: what is not granted now is not granted at the next call either. */
  mayDrawAhead(): boolean {
    const may = !this.wasDrawnAhead;
    this.wasDrawnAhead = true;
    return may;
  }

  /** Once a tick: others have something, and may have no use for it. */
  mayCallIn(): boolean {
    const may = this.elsewhere > 0 && !this.wasCalledIn;
    if (may) this.wasCalledIn = true;
    return may;
  }

  /** Takes off what is given back, if it is anything; no more than is free. */
  offer(nanos: number): boolean {
    if (nanos <= 0) return false;
    this.offered = nanos;
    this.isGivingBack = true;
    this.held -= Math.min(nanos, this.free);
    return true;
  }

  /** A second is over. */
  age(): void {
    this.recent *= KEPT_A_TICK;
    this.idleTicks++;
    this.wasDrawnAhead = false;
    this.wasCalledIn = false;
  }

  isIdle(now: number): boolean {
    const { endsAt = Infinity } = this.account;
    return this.waiting === 0 && (this.idleTicks >= IDLE_TICKS || now >= endsAt);
  }

  /** What calls at the present rate have no use for. */
  get surplus(): number {
    return this.free > 2 * this.recent ? Math.floor(this.free - this.recent) : 0;
  }

  get hasCalls(): boolean {
    return this.calls + this.waiting > 0;
  }

  /** Is nothing held, for all that is known, and nobody's call under way? Then it may be forgotten. */
  get isEmpty(): boolean {
    return this.held <= 0 && !this.hasCalls && !this.isGivingBack && !this.isUncertain;
  }
}
