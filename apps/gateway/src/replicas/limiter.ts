import { PrimaryLimiter, RedisLimiter } from '#coordination';
import { RateLimiter, SLOT_MS, WINDOW_SLOTS } from '#metering';
import type { Limiter } from '#metering';
import type { FeedReport } from '#coordination';
import { FaultLog } from '#observability';
import type { FaultTeller, Logger } from '#observability';
import type { Config } from '../config/config.js';
import type { PrimaryLink } from '../workers/primary-link.js';
import type { Replicas } from './replicas.js';

export const LIMITER = Symbol('LIMITER');

/**
 * Several gateways count together in Redis, and several workers of one in their primary; without either, or without an
 * answer of it, each process has an equal part of a limit.
 */
export function makeLimiter(
  replicas: Pick<Replicas, 'count' | 'knownCount'>,
  { databaseUrl, redisUrl: url }: Pick<Config, 'databaseUrl' | 'redisUrl'>,
  faults: FaultTeller,
  logger: Logger,
  link?: PrimaryLink,
): Limiter {
  const clock = (): number => performance.now();
  const local = new RateLimiter(clock, () => replicas.count * (link?.workers ?? 1));
  if (databaseUrl !== undefined && url !== undefined) {
    const window = { slotMs: SLOT_MS, slots: WINDOW_SLOTS };
    const log = new FaultLog(faults, 'redis_limits');
    return new RedisLimiter({ url, local, window, report: reportTo(log, 'redis', 'gateway') });
  }
  if (!link) return local;
  const limiter = new PrimaryLimiter({
    send: (questions) => link.askLimits(questions),
    local,
    replicas: () => replicas.knownCount,
    // It is no fault that the primary could tell of.
    report: reportTo(new FaultLog(logger, 'primary_limits'), 'the primary', 'worker'),
    clock,
  });
  link.onLimits(
    (answers) => limiter.receive(answers),
    () => limiter.lose(),
  );
  return limiter;
}

function reportTo(log: FaultLog, who: string, each: string): FeedReport {
  return {
    failed: (error) => log.failed(`${who} does not count; each ${each} has its part of the limits`, error),
    recovered: () => log.recovered(`${who} counts again`),
  };
}
