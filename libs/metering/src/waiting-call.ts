import type { GatewayError } from '#contract';
import type { BudgetLease } from './budget-lease.js';
import { Reservation } from './budget-reservation.js';
import type { ReservedPart } from './budget-reservation.js';

/** A call that waits for a draw: it holds what there was, and waits for what there was not. */
export class WaitingCall {
  readonly decided: Promise<Reservation>;
  private resolve!: (reservation: Reservation) => void;
  private reject!: (error: GatewayError) => void;
  private isDecided = false;
  /** Was what others hold asked for already? */
  hasCalledIn = false;
  readonly lacking: readonly ReservedPart[];

  constructor(
    private readonly parts: readonly ReservedPart[],
    readonly at: number,
    private readonly holder: string,
  ) {
    this.decided = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.lacking = parts.filter((part) => part.isWaiting);
    for (const { lease } of this.lacking) lease.waiting++;
  }

  /** Waits it for nothing that may not be overspent? */
  get isBalanced(): boolean {
    return this.lacking.every(({ lease }) => !lease.isStrict);
  }

  /** The first lease that has not what it waits for. */
  get lackingLease(): BudgetLease | undefined {
    return this.lacking.find((part) => !part.isDrawn)?.lease;
  }

  /**
   * Takes what it waited for, if it can.
   *
   * @param take false: there is not enough
   * @param refuse what it is told then
   */
  decide(take: (part: ReservedPart) => boolean, refuse: (part: ReservedPart) => GatewayError): void {
    if (this.isDecided) return;
    this.isDecided = true;
    for (const { lease } of this.lacking) lease.waiting--;
    const refusing = this.lacking.find((part) => !take(part));
    if (!refusing) return this.resolve(new Reservation(this.holder, this.parts));
    for (const part of this.parts) part.settle(0);
    this.reject(refuse(refusing));
  }
}
