/** The longest wait before the first retry, in milliseconds; it doubles with each. */
const BASE_MS = 250;
/** No call waits longer than this before it asks the same target again. */
const LONGEST_MS = 2_000;

/**
 * Milliseconds to wait before the same target is asked again: full jitter, or what the upstream named. Undefined: what
 * it named is longer than a call should wait.
 *
 * @param retries how often the call has asked a target again before
 * @param retryAfter seconds
 * @param die a number from 0 up to 1, without 1
 */
export function backoff(retries: number, retryAfter: number | undefined, die: number): number | undefined {
  if (retryAfter === undefined) return die * Math.min(BASE_MS * 2 ** retries, LONGEST_MS);
  const ms = Math.ceil(retryAfter * 1_000);
  // A timer may come a millisecond early, when the target is still cooling.
  return ms <= LONGEST_MS ? ms + 1 : undefined;
}
