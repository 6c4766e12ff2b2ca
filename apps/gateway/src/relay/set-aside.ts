import { LazyObject } from '#contract';
import type { Call } from './call.js';

/**
 * Lets go of what was parsed of a body, while a target is waited for: the garbage collector would copy it, twice, and
 * clear it away again, at several times the cost of reading it. It is read from the bytes again where somebody wants
 * it after all: another target, or an estimate.
 */
export function setAside({ request }: Pick<Call, 'request'>): void {
  if (request.value instanceof LazyObject) LazyObject.forget(request.value);
}
