import type { Budget, BudgetAlert, BudgetSubject } from '#contract';
import { boundedText } from './bounded-text.js';
import { readNanos } from './price-text.js';

/** Whose budgets calls count against: those of a key and of its team, and of the end-users of either. */
export interface CallerBudgets {
  readonly own: readonly BudgetSubject[];
  /** As many subjects as there are users: each's id is this one's and the user's name. */
  readonly ofEndUsers: readonly BudgetSubject[];
}

/** A key or a team, with its budgets as they are stored: without a budget `{}`. */
export interface BudgetOwner {
  readonly kind: 'key' | 'team';
  readonly id: string;
  readonly budget: unknown;
  readonly endUserBudget: unknown;
}

/** A budget, and whom to tell at which part of it. */
export interface WatchedBudget {
  readonly subject: BudgetSubject;
  readonly alerts: readonly BudgetAlert[];
}

/** Undefined: nobody is to be told. */
export function watchedBudget({ kind, id, budget }: BudgetOwner): WatchedBudget | undefined {
  const [subject] = subjectOf(kind, id, budget);
  const { alerts = [] } = (budget ?? {}) as Partial<Budget>;
  return subject && alerts.length > 0 ? { subject, alerts } : undefined;
}

/** Undefined: there is no budget, and no call is looked at for it. */
export function callerBudgets({ kind, id, budget, endUserBudget }: BudgetOwner): CallerBudgets | undefined {
  const own = subjectOf(kind, id, budget);
  const ofEndUsers = subjectOf('end_user', `${kind}:${id}/`, endUserBudget);
  return own.length + ofEndUsers.length > 0 ? { own, ofEndUsers } : undefined;
}

/** Those of a key and those of its team. */
export function joinBudgets(
  one: CallerBudgets | undefined,
  other: CallerBudgets | undefined,
): CallerBudgets | undefined {
  if (!one || !other) return one ?? other;
  return { own: [...one.own, ...other.own], ofEndUsers: [...one.ofEndUsers, ...other.ofEndUsers] };
}

/** The subjects of a call that is for this end-user. Calls that name none have one budget together. */
export function subjectsFor(
  { own, ofEndUsers }: CallerBudgets,
  user: string | null,
): readonly BudgetSubject[] {
  if (ofEndUsers.length === 0) return own;
  // As the record names the user: what was spent is found by that.
  const name = user === null ? '' : boundedText(user);
  return [...own, ...ofEndUsers.map((subject) => ({ ...subject, id: subject.id + name }))];
}

function subjectOf(kind: BudgetSubject['kind'], id: string, budget: unknown): readonly BudgetSubject[] {
  const { usd, period, mode = 'strict' } = (budget ?? {}) as Partial<Budget>;
  const limitNanos = usd === undefined ? undefined : readNanos(usd);
  if (limitNanos === undefined || period === undefined) return [];
  return [{ kind, id, limitNanos, period, mode }];
}
