const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** A worker that served so long, in milliseconds, did not die of how it is set up. */
export const PROVEN_MS = 30_000;

/**
 * How long a worker that died is not replaced, in milliseconds.
 *
 * @param deaths how many of its predecessors died in a row without having served for long
 */
export function restartPause(deaths: number): number {
  return deaths === 0 ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (deaths - 1));
}
