import type { Change } from './change.js';

export interface ChangeListener {
  changed(change: Change): void;
  /** Nobody listened for a while: anything may have changed. */
  missed(): void;
}

/** Brings the news of other gateways as long as it is up; what it misses, the poll finds. */
export interface ChangeFeed {
  readonly name: string;
  readonly isUp: boolean;
  listen(listener: ChangeListener): void;
  close(): Promise<void>;
}

/** What goes wrong with a feed. It is no call's error, and may come every second. */
export interface FeedReport {
  failed(error: unknown): void;
  recovered(): void;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

/** How long to wait before the next attempt, after so many that failed. */
export function waitBefore(failures: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** Math.min(failures, 10), LONGEST_WAIT_MS);
}
