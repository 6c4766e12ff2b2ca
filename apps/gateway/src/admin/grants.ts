import { GatewayError } from '#contract';
import type { Budget, RateLimits } from '#contract';
import type { Key } from '#persistence';
import { coversGlob } from '#routing';
import { coversBlock } from './covers-block.js';

/** What a key holds: it bounds what the key may give to another, and to itself. */
export type Holdings = Pick<
  Key,
  'role' | 'teamId' | 'models' | 'limits' | 'expiresAt' | 'allowedIps' | 'budget' | 'endUserBudget'
>;

type Rule = (held: Holdings, asked: Holdings) => boolean;

/** By the field of the API: is what is asked no more than what is held? What cannot be shown to be so is not. */
const WITHIN: Readonly<Record<string, Rule>> = {
  // Whoever was made less than an admin a moment ago grants nothing any more.
  role: (held) => held.role === 'admin',
  team_id: (held, asked) => held.teamId === null || asked.teamId === held.teamId,
  models: (held, asked) => areCovered(orAll(held.models), orAll(asked.models), coversGlob),
  limits: (held, asked) => areLimitsWithin(held.limits as RateLimits, asked.limits as RateLimits),
  expires_at: (held, asked) =>
    (asked.expiresAt?.getTime() ?? Infinity) <= (held.expiresAt?.getTime() ?? Infinity),
  allowed_ips: (held, asked) =>
    held.allowedIps.length === 0 ||
    (asked.allowedIps.length > 0 && areCovered(held.allowedIps, asked.allowedIps, coversBlock)),
  budget: (held, asked) => isBudgetWithin(held.budget, asked.budget),
  end_user_budget: (held, asked) => isBudgetWithin(held.endUserBudget, asked.endUserBudget),
};

/**
 * A key never grants more than it holds, nor touches one that holds more.
 *
 * @param held undefined: everything
 * @throws GatewayError `insufficient_permissions`, whose `param` is the first field that is more
 */
export function checkGrant(held: Holdings | undefined, asked: Holdings): void {
  if (!held) return;
  for (const [param, isWithin] of Object.entries(WITHIN)) {
    if (isWithin(held, asked)) continue;
    const message = `An API key may not make, change or take away one that holds more than itself (${param}).`;
    throw new GatewayError('insufficient_permissions', { param, message });
  }
}

/** No globs: all models. */
function orAll(globs: readonly string[]): readonly string[] {
  return globs.length === 0 ? ['*'] : globs;
}

function areCovered(
  held: readonly string[],
  asked: readonly string[],
  covers: (one: string, other: string) => boolean,
): boolean {
  return asked.every((other) => held.some((one) => covers(one, other)));
}

function areLimitsWithin(held: RateLimits, asked: RateLimits): boolean {
  const names = ['rpm', 'tpm', 'parallel'] as const;
  return names.every((name) => (asked[name] ?? Infinity) <= (held[name] ?? Infinity));
}

/** Periods cannot be compared: a day's budget may be the smaller one, or last the longer. */
function isBudgetWithin(heldBudget: unknown, askedBudget: unknown): boolean {
  const [held, asked] = [heldBudget as Partial<Budget>, askedBudget as Partial<Budget>];
  if (held.usd === undefined) return true;
  if (asked.usd === undefined || asked.period !== held.period) return false;
  const isAsStrict = asked.mode !== 'balanced' || held.mode === 'balanced';
  return isAsStrict && toNanos(asked.usd) <= toNanos(held.usd);
}

/** @param usd a decimal string, as it was checked when it was stored */
function toNanos(usd: string): bigint {
  const [whole = '', fraction = ''] = usd.split('.');
  return BigInt(whole + fraction.padEnd(9, '0'));
}
