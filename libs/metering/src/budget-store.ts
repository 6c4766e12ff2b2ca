import type { BudgetPeriod, BudgetSubject } from '#contract';

/** One period of a subject's budget. What is spent in it is the cost of the calls that came in it. */
export interface BudgetAccount {
  readonly kind: BudgetSubject['kind'];
  readonly subject: string;
  readonly period: BudgetPeriod;
  /** Milliseconds since 1970; 0: the total. */
  readonly startsAt: number;
  /** Undefined: never. */
  readonly endsAt: number | undefined;
}

/** A wish for a part of an account, to reserve calls from. Amounts are nano-dollars. */
export interface Draw {
  readonly account: BudgetAccount;
  readonly limitNanos: number;
  readonly isStrict: boolean;
  /** What calls wait for. */
  readonly needNanos: number;
  /** What would be good to have beyond that, so that the next calls need not ask: given while there is plenty. */
  readonly extraNanos: number;
}

export interface Grant {
  /** What the lease has more now: less than was needed where there was no more room. */
  readonly grantedNanos: number;
  /** What is left for anybody behind it; below zero: so much is overspent. */
  readonly roomNanos: number;
  /** What other processes have leased, about: some of it may be idle there. */
  readonly elsewhereNanos: number;
}

/** Where the accounts are kept that all gateways draw from. Every method is one statement. */
export interface BudgetStore {
  /** Whose leases these are: an id that no other process has, ever. */
  readonly holder: string;
  /** In the order of the draws; an account is named once in them. @throws GatewayError */
  draw(draws: readonly Draw[]): Promise<Grant[]>;
  /**
   * Gives back what is not needed of leases; more than a lease has gives back all of it. Whoever is not answered does
   * not know whether it was, and says it no second time. @throws GatewayError
   */
  giveBack(parts: readonly { readonly account: BudgetAccount; readonly nanos: number }[]): Promise<void>;
  /** Keeps the holder's leases from ending, and has back what was withheld of them meanwhile. @throws GatewayError */
  renew(): Promise<void>;
  /** Ends the leases that nobody renewed. @throws GatewayError */
  sweep(): Promise<void>;
}
