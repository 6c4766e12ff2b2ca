import { RateLimiter } from '#metering';
import type { Limiter } from '#metering';
import type { Replicas } from './replicas.js';

export const LIMITER = Symbol('LIMITER');

/** Several gateways have an equal part of each limit. */
export function makeLimiter(replicas: Pick<Replicas, 'count'>): Limiter {
  return new RateLimiter(
    () => performance.now(),
    () => replicas.count,
  );
}
