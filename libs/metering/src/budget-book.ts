import { BudgetDraws, MOST_ACCOUNTS } from './budget-draws.js';
import type { Later } from './budget-draws.js';
import { BudgetLease } from './budget-lease.js';
import { periodAt } from './budget-period.js';
import { refuseSpent } from './budget-refusal.js';
import { Reservation, ReservedPart } from './budget-reservation.js';
import type { Asked } from './budget-reservation.js';
import type { BudgetAccount, BudgetStore } from './budget-store.js';
import { WaitingCall } from './waiting-call.js';
import { WatchedStore } from './watched-store.js';
import type { StoreReport } from './watched-store.js';

export interface BudgetBookOptions {
  readonly store: BudgetStore;
  /** Are the records of all calls that are over in the database? */
  readonly isRecorded: () => boolean;
  readonly later: Later;
  readonly report: StoreReport;
}

/** Leases live thirty seconds. */
const RENEW_TICKS = 10;
const SWEEP_TICKS = 20;
const SURPLUS_TICKS = 5;
/** More than any lease: all of it. */
const ALL = Number.MAX_SAFE_INTEGER;

/**
 * Reserves what calls may cost, from leases in memory that are drawn from accounts which all gateways share. A call
 * has all that it asks for, or nothing.
 */
export class BudgetBook {
  private readonly leases = new Map<string, BudgetLease>();
  private readonly store: WatchedStore;
  private readonly draws: BudgetDraws;
  private readonly isRecorded: () => boolean;
  private giving: Promise<void> | undefined;
  private tellLack: (name: string) => void = () => {};
  private ticks = 0;

  constructor({ store, isRecorded, later, report }: BudgetBookOptions) {
    this.store = new WatchedStore(store, report);
    this.draws = new BudgetDraws(this.store, later, ({ account }) => this.tellLack(nameOf(account)));
    this.isRecorded = isRecorded;
  }

  /** How many accounts are remembered. */
  get size(): number {
    return this.leases.size;
  }

  /**
   * At once where leases have enough.
   *
   * @param at when the call came in, in milliseconds since 1970: it counts in the periods of that moment
   * @throws GatewayError `insufficient_quota`, or `service_unavailable` where nobody knows; or by the promise
   */
  reserve(asked: readonly Asked[], at: number): Reservation | Promise<Reservation> {
    const parts = asked.map((each) => new ReservedPart(this.leaseOf(each, at), each));
    for (const { subject, nanos } of asked)
      if (subject.mode === 'strict' && nanos > subject.limitNanos) throw refuseSpent(subject, nanos, at);
    for (const { lease, asked: each } of parts) lease.see(each.subject, each.nanos);
    if (!parts.every((part) => part.isCovered)) return this.wait(parts, at);
    for (const part of parts) {
      part.take();
      if (part.lease.isRunningLow) this.draws.drawAhead(part.lease);
    }
    return new Reservation(this.store.holder, parts);
  }

  get holder(): string {
    return this.store.holder;
  }

  /** Calls `tell` with the name of an account of which there is not enough here, and others have some. */
  listen(tell: (name: string) => void): void {
    this.tellLack = tell;
  }

  /** Another process lacks what may be idle here: it is given back. */
  giveToOthers(name: string): void {
    const lease = this.leases.get(name);
    if (!lease) return;
    this.draws.betweenDraws(() => {
      if (this.giving) void this.giving.then(() => this.giveToOthers(name));
      else this.give((each) => (each === lease ? lease.free : 0));
    });
  }

  /** A second is over. @param now milliseconds since 1970 */
  tick(now: number): void {
    this.ticks++;
    const { isAway } = this.store;
    // Whoever is away is asked every second whether it is back.
    if (isAway || (this.leases.size > 0 && this.ticks % RENEW_TICKS === 0))
      void this.store.try((store) => store.renew());
    if (!isAway && this.ticks % SWEEP_TICKS === 0) void this.store.try((store) => store.sweep());
    for (const lease of this.leases.values()) lease.age();
    if (!isAway && !this.giving) this.giveUnneeded(now);
    for (const [name, lease] of this.leases) if (lease.isIdle(now) && lease.isEmpty) this.leases.delete(name);
  }

  /** Gives everything back. No call is under way, and none comes any more. */
  async close(): Promise<void> {
    await this.draws.settled();
    await this.giving;
    await this.giveBack((lease) => (this.isKnownWhole(lease) ? ALL : lease.free));
  }

  private wait(parts: readonly ReservedPart[], at: number): Promise<Reservation> {
    const denied = parts.find((part) => part.isDenied);
    if (denied) throw denied.refuse(at);
    for (const part of parts) if (part.isCovered) part.take();
    const call = new WaitingCall(parts, at, this.store.holder);
    this.draws.wait(call);
    return call.decided;
  }

  private leaseOf({ subject }: Asked, at: number): BudgetLease {
    const { kind, id, period } = subject;
    const account = { kind, subject: id, period, ...periodAt(period, at) };
    const name = nameOf(account);
    let lease = this.leases.get(name);
    if (!lease) this.leases.set(name, (lease = new BudgetLease(account)));
    return lease;
  }

  private giveUnneeded(now: number): void {
    const takesSurplus = this.ticks % SURPLUS_TICKS === 0;
    this.give((lease) => {
      if (!lease.isIdle(now)) return takesSurplus ? lease.surplus : 0;
      return this.isKnownWhole(lease) ? ALL : lease.free;
    });
  }

  private give(unneeded: (lease: BudgetLease) => number): void {
    this.giving = this.giveBack(unneeded).finally(() => (this.giving = undefined));
  }

  /** Is all that the database has of an uncertain lease there for nobody? Then all of it can be given back. */
  private isKnownWhole({ isUncertain, hasCalls }: BudgetLease): boolean {
    return isUncertain && !hasCalls && !this.draws.isUnderWay && this.isRecorded();
  }

  private async giveBack(unneeded: (lease: BudgetLease) => number): Promise<void> {
    const given = [...this.leases.values()].filter((lease) => lease.offer(unneeded(lease)));
    const whole = given.filter(({ offered }) => offered === ALL);
    for (const lease of whole) lease.isUncertain = false;
    const giving = this.giveOffered(given);
    if (whole.length > 0) this.draws.givingAll = giving.finally(() => (this.draws.givingAll = undefined));
    await giving;
  }

  /** So many in a statement as it has time for. */
  private async giveOffered(given: readonly BudgetLease[]): Promise<void> {
    for (let from = 0; from < given.length; from += MOST_ACCOUNTS) {
      const some = given.slice(from, from + MOST_ACCOUNTS);
      const parts = some.map(({ account, offered }) => ({ account, nanos: offered }));
      const { error } = await this.store.try((store) => store.giveBack(parts));
      for (const lease of some) {
        lease.isGivingBack = false;
        lease.isUncertain ||= error !== undefined;
      }
    }
  }
}

function nameOf({ kind, subject, period, startsAt }: BudgetAccount): string {
  return `${kind} ${period} ${startsAt} ${subject}`;
}
