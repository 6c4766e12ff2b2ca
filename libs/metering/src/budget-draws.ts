import { GatewayError } from '#contract';
import type { BudgetLease } from './budget-lease.js';
import type { ReservedPart } from './budget-reservation.js';
import type { WaitingCall } from './waiting-call.js';
import type { WatchedStore } from './watched-store.js';

/** Runs `then` after so many milliseconds, unless what it answers with is called before. */
export type Later = (ms: number, then: () => void) => () => void;

/** How long balanced calls wait for an answer, in milliseconds. Strict ones wait until it is there. */
const PATIENCE_MS = 50;
/** How long others are given to give back what they do not need, in milliseconds. */
const RETURN_MS = 200;
/** For so many milliseconds what was refused is refused unasked: a spent budget is no load on the database. */
const DENIED_MS = 200;
/** So many accounts are drawn from in a statement, which has its time. */
export const MOST_ACCOUNTS = 500;
/** What a strict call is told to wait, in seconds, when the accounts cannot be reached. */
const AWAY_SECONDS = 1;

/**
 * Draws from the accounts what waiting calls need. One draw is under way at a time, and whoever comes meanwhile is in
 * the next one. What comes is handed out in the order in which calls came.
 */
export class BudgetDraws {
  private queue: WaitingCall[] = [];
  /** Those whose draw is under way. */
  private asking: readonly WaitingCall[] = [];
  private readonly low = new Set<BudgetLease>();
  private running: Promise<void> | undefined;
  /** Calls that wait for what others give back. */
  private readonly returns = new Map<BudgetLease, WaitingCall[]>();
  private readonly behindDraw: (() => void)[] = [];
  private isAsking = false;
  /**
   * All of some leases is given back, as much as it may be: a draw that is answered before would be given back with it.
   * Undefined: none is.
   */
  givingAll: Promise<void> | undefined;

  /** @param callIn asks others to give back what they do not need of an account */
  constructor(
    private readonly store: WatchedStore,
    private readonly later: Later,
    private readonly callIn: (lease: BudgetLease) => void,
  ) {}

  get isUnderWay(): boolean {
    return this.running !== undefined;
  }

  /** No draw is under way any more. */
  async settled(): Promise<void> {
    while (this.running) await this.running;
  }

  /** The call is decided when there is enough for it, or when it is known that there is not. */
  wait(call: WaitingCall): void {
    if (this.store.isAway && call.isBalanced) return decideUnasked(call, undefined);
    this.queue.push(call);
    this.start();
  }

  /** Draws before calls have to wait for it. */
  drawAhead(lease: BudgetLease): void {
    if (this.store.isAway || !lease.mayDrawAhead()) return;
    this.low.add(lease);
    this.start();
  }

  /** Calls `then` when no draw is under way, which counts on what is free. */
  betweenDraws(then: () => void): void {
    if (this.isAsking) this.behindDraw.push(then);
    else then();
  }

  private start(): void {
    this.running ??= this.drawAll();
  }

  private async drawAll(): Promise<void> {
    while (this.queue.length + this.low.size > 0) await this.drawOnce();
    // In the same turn: whoever comes behind it begins anew.
    this.running = undefined;
  }

  private async drawOnce(): Promise<void> {
    const asked = new Map<BudgetLease, number>([...this.low].map((lease) => [lease, 0]));
    this.low.clear();
    const calls = this.takeCalls(asked);
    this.asking = calls;
    const stop = this.later(PATIENCE_MS, () => this.losePatience());
    this.isAsking = true;
    const error = await this.ask([...asked.keys()], [...asked.values()]);
    this.isAsking = false;
    stop();
    this.asking = [];
    for (const call of calls) {
      if (error !== undefined) decideUnasked(call, error);
      else if (!this.waitForReturns(call)) call.decide(takeDrawn, (part) => this.deny(part, call));
    }
    for (const then of this.behindDraw.splice(0)) then();
  }

  /** A call that lacks what others hold is drawn for once more, when they had time to give it back. */
  private waitForReturns(call: WaitingCall): boolean {
    const lease = call.hasCalledIn ? undefined : call.lackingLease;
    if (!lease) return false;
    const others = this.returns.get(lease);
    if (!others && !lease.mayCallIn()) return false;
    call.hasCalledIn = true;
    if (others) others.push(call);
    else this.askOthers(lease, [call]);
    return true;
  }

  private askOthers(lease: BudgetLease, calls: WaitingCall[]): void {
    this.returns.set(lease, calls);
    this.callIn(lease);
    this.later(RETURN_MS, () => {
      this.returns.delete(lease);
      this.queue.unshift(...calls);
      this.start();
    });
  }

  /** Who waits, in turn, and what they ask for. */
  private takeCalls(asked: Map<BudgetLease, number>): readonly WaitingCall[] {
    let count = 0;
    for (; count < this.queue.length && asked.size < MOST_ACCOUNTS; count++)
      for (const { lease, asked: each } of this.queue[count]?.lacking ?? [])
        asked.set(lease, (asked.get(lease) ?? 0) + each.nanos);
    return this.queue.splice(0, count);
  }

  private deny(part: ReservedPart, call: WaitingCall): GatewayError {
    const { lease, asked } = part;
    if (!lease.isDenying) this.later(DENIED_MS, () => lease.forgive());
    lease.deny(asked.nanos);
    return part.refuse(call.at);
  }

  /** Undefined: the leases have what was granted. */
  private async ask(leases: readonly BudgetLease[], asked: readonly number[]): Promise<unknown> {
    if (this.givingAll) await this.givingAll;
    const draws = leases.map((lease, index) => lease.toDraw(asked[index] ?? 0));
    // What calls gave back meanwhile may be enough.
    if (draws.every(({ needNanos, extraNanos }) => needNanos + extraNanos === 0)) return undefined;
    const { value: grants, error } = await this.store.try((store) => store.draw(draws));
    leases.forEach((lease, index) => {
      const grant = grants?.[index];
      if (grant) lease.receive(grant);
      else lease.isUncertain = true;
    });
    return error;
  }

  /** A store that freezes is one that is away: whoever may go on without it does. */
  private losePatience(): void {
    this.store.isAway = true;
    for (const call of [...this.asking, ...this.queue]) if (call.isBalanced) decideUnasked(call, undefined);
    this.queue = this.queue.filter((call) => !call.isBalanced);
  }
}

function takeDrawn(part: ReservedPart): boolean {
  return part.takeDrawn();
}

/** By what is leased, or, of a balanced budget, by what was last known of it. */
function decideUnasked(call: WaitingCall, cause: unknown): void {
  call.decide(
    (part) => (part.lease.isStrict ? part.takeDrawn() : part.takeUnasked()),
    (part) => (part.lease.isStrict ? unknown(part, cause) : part.refuse(call.at)),
  );
}

function unknown({ asked: { subject } }: ReservedPart, cause: unknown): GatewayError {
  return new GatewayError('service_unavailable', {
    message: `What is left of the strict budget of the ${subject.kind.replace('_', '-')} cannot be known now.`,
    retryAfter: AWAY_SECONDS,
    cause,
  });
}
