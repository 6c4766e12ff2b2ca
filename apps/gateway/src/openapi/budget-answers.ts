import { COUNT, TEXT, TIME, TIME_OR_NULL, YES_OR_NO, one, own } from './schema-words.js';

const ACCOUNT = {
  kind: { enum: ['key', 'team', 'end_user'] },
  subject: TEXT,
  period: { enum: ['total', 'day', 'week', 'month'] },
  starts_at: TIME,
};
/** What the admin API tells of budgets. */
export const BUDGET = {
  BudgetAccount: own({
    object: one('budget.account'),
    ...ACCOUNT,
    ends_at: TIME_OR_NULL,
    spent_usd: TEXT,
    reserved_usd: TEXT,
    withheld_usd: TEXT,
  }),
  BudgetReconciliation: own({
    object: one('budget.reconciliation'),
    accounts: COUNT,
    days: COUNT,
    unchecked: COUNT,
    withheld_usd: TEXT,
    differences: {
      type: 'array',
      items: own({
        ...ACCOUNT,
        column: { enum: ['spent', 'reserved', 'withheld'] },
        was_usd: TEXT,
        is_usd: TEXT,
      }),
    },
    rollups: {
      type: 'array',
      items: own({
        rollup: { enum: ['hour', 'day'] },
        start: TIME,
        key: TEXT,
        team: TEXT,
        model: TEXT,
        provider: TEXT,
        upstream_model: TEXT,
        operation: TEXT,
        column: TEXT,
        was: TEXT,
        is: TEXT,
      }),
    },
    complete: YES_OR_NO,
    repaired: YES_OR_NO,
  }),
} as const;
