import type { Key } from '#persistence';
import { coversGlob } from '#routing';

/** Is a key for a part of the models, or in a team, or has it a budget? Routes and prices could widen that. */
export function isScoped({ models, teamId, budget, endUserBudget }: Key): boolean {
  const isForAll = models.length === 0 || models.some((glob) => coversGlob(glob, '*'));
  const isFree = [budget, endUserBudget].every((one) => Object.keys(one as object).length === 0);
  return !isForAll || teamId !== null || !isFree;
}
