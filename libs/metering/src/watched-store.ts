import type { BudgetStore } from './budget-store.js';

/** What became of a statement. */
interface Outcome<T> {
  /** Undefined: it failed. */
  readonly value?: T;
  readonly error?: unknown;
}

export interface StoreReport {
  failed(error: unknown): void;
  recovered(): void;
}

/** Remembers whether the accounts can be reached, by what became of the last statement. */
export class WatchedStore {
  isAway = false;

  constructor(
    private readonly store: BudgetStore,
    private readonly report: StoreReport,
  ) {}

  get holder(): string {
    return this.store.holder;
  }

  /** Never rejects. */
  async try<T>(statement: (store: BudgetStore) => Promise<T>): Promise<Outcome<T>> {
    try {
      const value = await statement(this.store);
      this.isAway = false;
      this.report.recovered();
      return { value };
    } catch (error) {
      this.isAway = true;
      this.report.failed(error);
      return { error };
    }
  }
}
