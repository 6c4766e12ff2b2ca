import { watchedBudget } from '#metering';
import type { BudgetOwner, WatchedBudget } from '#metering';

/** The budgets of which somebody wants to be told, by the id of their key or team. */
export class WatchedBudgets {
  private readonly byOwner = new Map<string, WatchedBudget>();

  get all(): readonly WatchedBudget[] {
    return [...this.byOwner.values()];
  }

  put(owner: BudgetOwner): void {
    const watched = watchedBudget(owner);
    if (watched) this.byOwner.set(owner.id, watched);
    else this.byOwner.delete(owner.id);
  }

  delete(id: string): void {
    this.byOwner.delete(id);
  }

  clear(): void {
    this.byOwner.clear();
  }
}
