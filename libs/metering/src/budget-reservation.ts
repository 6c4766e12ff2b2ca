import type { BudgetSubject, GatewayError } from '#contract';
import type { BudgetLease } from './budget-lease.js';
import { refuseSpent } from './budget-refusal.js';

/** What a call asks of a budget, in nano-dollars. */
export interface Asked {
  readonly subject: BudgetSubject;
  readonly nanos: number;
}

/** A call's part of one lease. */
export class ReservedPart {
  /** Undefined: it waits. */
  private took: number | undefined;

  constructor(
    readonly lease: BudgetLease,
    readonly asked: Asked,
  ) {}

  get isWaiting(): boolean {
    return this.took === undefined;
  }

  /** Is there enough, and nobody who came before waits for it? */
  get isCovered(): boolean {
    const { lease, asked } = this;
    return asked.nanos === 0 || (lease.waiting === 0 && lease.free >= asked.nanos);
  }

  /** Is there not enough, and would be asking for it in vain? */
  get isDenied(): boolean {
    return !this.isCovered && this.lease.denies(this.asked.nanos);
  }

  /** @param at when the call came in, in milliseconds since 1970 */
  refuse(at: number): GatewayError {
    return refuseSpent(this.asked.subject, this.asked.nanos, at);
  }

  take(): void {
    this.took = this.asked.nanos;
    this.lease.take(this.took);
  }

  /** After a draw: all that was asked for, or, where the rest of a budget may be less than that, the rest. */
  takeDrawn(): boolean {
    if (!this.isDrawn) return false;
    this.lease.take((this.took = this.least));
    return true;
  }

  get isDrawn(): boolean {
    return this.lease.free >= this.least;
  }

  private get least(): number {
    const { lease, asked } = this;
    return lease.isStrict ? asked.nanos : Math.min(asked.nanos, Math.max(1, lease.free));
  }

  /** Of a balanced budget, when nobody can be asked. */
  takeUnasked(): boolean {
    return (this.took = this.lease.takeUnasked(this.asked.nanos)) !== undefined;
  }

  settle(costNanos: number): void {
    if (this.took !== undefined) this.lease.settle(this.took, costNanos);
    this.took = undefined;
  }
}

/** What is kept for a call in all its budgets. Whoever has it settles it, however the call ends. */
export class Reservation {
  constructor(
    readonly holder: string,
    private readonly parts: readonly ReservedPart[],
  ) {}

  /** The most that the call can cost, in nano-dollars; undefined: no strict budget asked. */
  get mostNanos(): number | undefined {
    return this.parts.find(({ asked }) => asked.subject.mode === 'strict')?.asked.nanos;
  }

  /** The call is over, and has cost so much; null: nobody knows, and it is counted as nothing. Only once. */
  settle(costNanos: number | null): void {
    for (const part of this.parts) part.settle(costNanos ?? 0);
  }
}
