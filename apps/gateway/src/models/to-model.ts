import { DEFAULT_TIMEOUTS, limitSubject } from '#contract';
import type { Capabilities, Provider, RateLimits, Target, Timeouts } from '#contract';
import { readPrice } from '#metering';
import type { PriceText } from '#metering';
import type { ModelRow, TargetRow } from '#persistence';
import { DEFAULT_RETRY, orderByPriority } from '#routing';
import type { Model, RetryRules, Strategy } from '#routing';

/** A model's row as calls are routed by it; `accounts`: providers by id. */
export function toModel(row: ModelRow, accounts: ReadonlyMap<string, Provider>): Model {
  const enabled = row.targets.filter((target) => target.provider.enabled);
  return {
    id: row.id,
    ownedBy: row.ownedBy,
    created: Math.floor(row.createdAt.getTime() / 1000),
    targets: orderByPriority(enabled.flatMap((target) => toTarget(target, row, accounts))),
    strategy: row.strategy as Strategy,
    fallbacks: row.fallbacks,
    retry: toRetry(row.retry as RetryText),
    capabilities: row.capabilities as Capabilities,
    limited: limitSubject('model', row.id, row.limits as RateLimits),
  };
}

/** As the admin API writes it. */
interface RetryText {
  readonly attempts?: number;
  readonly budget_ratio?: number;
}

/** What is not asked for is the default; undefined: nothing is. */
function toRetry({ attempts, budget_ratio }: RetryText): RetryRules | undefined {
  if (attempts === undefined && budget_ratio === undefined) return undefined;
  return {
    attempts: attempts ?? DEFAULT_RETRY.attempts,
    budgetRatio: budget_ratio ?? DEFAULT_RETRY.budgetRatio,
  };
}

/** Limits of a target stand before its model's, and those before its provider's. */
function toTarget(row: TargetRow, model: ModelRow, accounts: ReadonlyMap<string, Provider>): Target[] {
  const provider = accounts.get(row.providerId);
  if (!provider) return [];
  const given = [row.provider.timeouts, model.timeouts, row.timeouts] as Partial<Timeouts>[];
  const timeouts = Object.assign({}, DEFAULT_TIMEOUTS, ...given) as Timeouts;
  const price = readPrice(row.price as PriceText) ?? readPrice(model.price as PriceText);
  const { upstreamModel, priority, weight } = row;
  const isStrict = model.unsupportedParameters === 'strict';
  return [{ provider, model: upstreamModel, priority, weight, timeouts, price, isStrict }];
}
