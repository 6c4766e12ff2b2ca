import { RedisLimiter } from '#coordination';
import { RateLimiter, SLOT_MS, WINDOW_SLOTS } from '#metering';
import type { Limiter } from '#metering';
import { FaultLog } from '#observability';
import type { Logger } from '#observability';
import type { Config } from '../config/config.js';
import type { Replicas } from './replicas.js';

export const LIMITER = Symbol('LIMITER');

/** Several gateways count together in Redis; without one, or without an answer of it, each has an equal part of a limit. */
export function makeLimiter(
  replicas: Pick<Replicas, 'count'>,
  { databaseUrl, redisUrl: url }: Pick<Config, 'databaseUrl' | 'redisUrl'>,
  logger: Logger,
): Limiter {
  const local = new RateLimiter(
    () => performance.now(),
    () => replicas.count,
  );
  if (databaseUrl === undefined || url === undefined) return local;
  const log = new FaultLog(logger, 'redis_limits');
  return new RedisLimiter({
    url,
    local,
    window: { slotMs: SLOT_MS, slots: WINDOW_SLOTS },
    report: {
      failed: (error) => log.failed('redis does not count; each gateway has its part of the limits', error),
      recovered: () => log.recovered('redis counts again'),
    },
  });
}
