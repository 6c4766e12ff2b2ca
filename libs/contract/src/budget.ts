/** When a budget begins anew, in UTC; weeks begin on Monday. */
export const BUDGET_PERIODS = ['total', 'day', 'week', 'month'] as const;
export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];

/**
 * strict: what a call can cost at most is reserved, and nothing is ever overspent. balanced: what it is expected to
 * cost is reserved, and calls that cost more may overspend by the difference.
 */
export const BUDGET_MODES = ['strict', 'balanced'] as const;
export type BudgetMode = (typeof BUDGET_MODES)[number];

/** At which part of a budget somebody is told. */
export interface BudgetAlert {
  /** 0.8: four fifths */
  readonly at: number;
  readonly url: string;
}

/** What may be spent in a period, as an operator gives it. */
export interface Budget {
  /** A decimal string of US dollars. */
  readonly usd: string;
  readonly period: BudgetPeriod;
  /** Absent: strict. */
  readonly mode?: BudgetMode | undefined;
  readonly alerts?: readonly BudgetAlert[] | undefined;
}

/** Whose budget it is: all calls that count against the same subject are counted together. */
export interface BudgetSubject {
  readonly kind: 'key' | 'team' | 'end_user';
  /** A key's or team's id; of an end-user: `key:<id>/<user>` or `team:<id>/<user>`, empty where a call names none. */
  readonly id: string;
  /** Nano-dollars. */
  readonly limitNanos: number;
  readonly period: BudgetPeriod;
  readonly mode: BudgetMode;
}
