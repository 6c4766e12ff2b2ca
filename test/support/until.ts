import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until there is an answer; what it gave last is in the error. */
export async function until<T>(
  ask: () => T | undefined | false | null | Promise<T | undefined | false | null>,
  patienceMs = 5_000,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false && answer !== null) return answer;
    if (performance.now() > deadline) throw new Error(`Not so within ${patienceMs} ms: ${String(ask)}`);
    await sleep(10);
  }
}
