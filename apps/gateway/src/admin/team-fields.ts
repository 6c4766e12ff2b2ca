import { storedBudget } from './stored-budget.js';
import type { CreateTeamBody } from './teams.body.js';

/** A team's row, as it is asked for. */
export function teamFields(id: string, body: CreateTeamBody) {
  return {
    id,
    name: body.name,
    models: body.models ?? [],
    limits: { ...body.limits },
    budget: storedBudget(body.budget) ?? {},
    endUserBudget: storedBudget(body.end_user_budget) ?? {},
    metadata: (body.metadata ?? {}) as object,
  };
}
