import type { TeamRow } from '#persistence';

/** A team that bounds nothing. */
export function madeTeam(id: string, rest: Partial<TeamRow> = {}): TeamRow {
  const at = new Date(1_700_000_000_000);
  const nothing = { models: [], limits: {}, budget: {}, endUserBudget: {}, metadata: {} };
  return { id, name: id, ...nothing, createdAt: at, updatedAt: at, ...rest };
}
