import { GatewayError } from '#contract';
import type { BudgetStore } from '#metering';
import type { Database } from '#persistence';

export const BUDGET_STORE = Symbol('BUDGET_STORE');

/** Where budgets are kept. @param holder an id that no other process has, ever */
export function openBudgetStore(_database: Database, holder: string): BudgetStore {
  return new NoAccounts(holder);
}

/** No accounts are kept: a strict budget refuses its calls, and a balanced one bounds nothing. */
class NoAccounts implements BudgetStore {
  constructor(readonly holder: string) {}

  async draw(): Promise<never> {
    throw new GatewayError('service_unavailable', { message: 'No accounts of budgets are kept.' });
  }

  async giveBack(): Promise<void> {}
  async renew(): Promise<void> {}
  async sweep(): Promise<void> {}
}
