import { GatewayError } from '#contract';
import type { BudgetAccount, BudgetStore, Draw, Grant } from '#metering';

interface Row {
  spent: number;
  readonly leases: Map<string, number>;
}

/** Accounts that obey the port, in memory: several holders may draw from them. */
export class FakeAccounts {
  private readonly rows = new Map<string, Row>();
  /** What every statement waits for. */
  gate: Promise<void> = Promise.resolve();
  isAway = false;
  /** Is what is asked for done, and the answer lost? */
  losesAnswers = false;
  readonly calls: { readonly name: string; readonly holder: string; readonly parts: number }[] = [];
  readonly draws: Draw[] = [];

  open(holder: string): BudgetStore {
    const run = async <T>(name: string, parts: number, statement: () => T): Promise<T> => {
      this.calls.push({ name, holder, parts });
      await this.gate;
      if (this.isAway) throw new GatewayError('service_unavailable');
      const answer = statement();
      if (this.losesAnswers) throw new GatewayError('service_unavailable');
      return answer;
    };
    return {
      holder,
      draw: (draws) => run('draw', draws.length, () => draws.map((draw) => this.grant(holder, draw))),
      giveBack: (parts) =>
        run('giveBack', parts.length, () => {
          for (const { account, nanos } of parts) this.shrink(account, holder, nanos);
        }),
      renew: () => run('renew', 0, () => {}),
      sweep: () => run('sweep', 0, () => {}),
    };
  }

  /** What the ledger's INSERT does of a record. */
  record(account: BudgetAccount, holder: string, costNanos: number): void {
    this.row(account).spent += costNanos;
    this.shrink(account, holder, costNanos);
  }

  spentOf(account: BudgetAccount): number {
    return this.row(account).spent;
  }

  reservedOf(account: BudgetAccount): number {
    return [...this.row(account).leases.values()].reduce((sum, nanos) => sum + nanos, 0);
  }

  private grant(holder: string, draw: Draw): Grant {
    this.draws.push(draw);
    const { account, limitNanos, needNanos, extraNanos } = draw;
    const { spent, leases } = this.row(account);
    const room = Math.max(0, limitNanos - spent - this.reservedOf(account));
    const need = Math.min(needNanos, room);
    // While there is plenty.
    const grantedNanos = need + Math.min(extraNanos, Math.floor((room - need) / 4));
    const mine = leases.get(holder) ?? 0;
    const elsewhereNanos = this.reservedOf(account) - mine;
    leases.set(holder, mine + grantedNanos);
    return { grantedNanos, roomNanos: room - grantedNanos, elsewhereNanos };
  }

  private shrink(account: BudgetAccount, holder: string, nanos: number): void {
    const { leases } = this.row(account);
    leases.set(holder, Math.max(0, (leases.get(holder) ?? 0) - nanos));
  }

  private row({ kind, subject, period, startsAt }: BudgetAccount): Row {
    const name = JSON.stringify([kind, subject, period, startsAt]);
    let row = this.rows.get(name);
    if (!row) this.rows.set(name, (row = { spent: 0, leases: new Map() }));
    return row;
  }
}
