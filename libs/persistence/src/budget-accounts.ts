import type { BudgetAccount, BudgetStore, Draw, Grant } from '#metering';
import { drawLeases } from './budget-draw.js';
import { giveAllLeasesBack, giveLeasesBack, renewLeases } from './budget-leases.js';
import { sweepLeases } from './budget-sweep.js';
import type { Database } from './database.js';

/** The accounts of budgets, in the database that all gateways draw from. */
export class BudgetAccounts implements BudgetStore {
  constructor(
    private readonly database: Database,
    readonly holder: string,
  ) {}

  draw(draws: readonly Draw[]): Promise<Grant[]> {
    return drawLeases(this.database, this.holder, draws);
  }

  giveBack(parts: readonly { readonly account: BudgetAccount; readonly nanos: number }[]): Promise<void> {
    return giveLeasesBack(this.database, this.holder, parts);
  }

  /** Everything, when it stops: not before all of its records are written. @throws GatewayError */
  giveAllBack(): Promise<void> {
    return giveAllLeasesBack(this.database, this.holder);
  }

  renew(): Promise<void> {
    return renewLeases(this.database, this.holder);
  }

  async sweep(): Promise<void> {
    await sweepLeases(this.database);
  }
}
