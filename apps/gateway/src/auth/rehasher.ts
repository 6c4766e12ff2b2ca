import type { Database } from '#persistence';
import { rehashKey } from '#persistence';

/** After a rotation of the pepper all keys are met at once: the others wait until they are met again. */
const MOST_WAITING = 1_000;

/** Puts keys that are met under the newest pepper: one after the other, and nobody waits for it. */
export class Rehasher {
  private waiting = 0;
  private working: Promise<void> = Promise.resolve();

  constructor(private readonly database: Database) {}

  /** What fails is met again. @param onDone is called when the database has the new hash */
  rehash(id: string, from: string, to: string, onDone: () => void): void {
    if (this.waiting >= MOST_WAITING) return;
    this.waiting++;
    this.working = this.working
      .then(() => rehashKey(this.database, id, from, to))
      .then(onDone)
      .catch(() => {})
      .finally(() => this.waiting--);
  }
}
