import type { Change } from './change.js';
import type { ChangeListener } from './change-feed.js';

/** A change as the log has it: its number grows with time. */
export interface LoggedChange extends Change {
  readonly number: bigint;
}

export interface ChangeLog {
  /** Everything up to here was there when the snapshots were loaded. */
  start(): Promise<bigint>;
  /** What is in the log behind `after`, but for `seen`; lowest first, and no more than `limit`. */
  read(after: bigint, seen: readonly bigint[], limit: number): Promise<LoggedChange[]>;
}

export interface PollOptions {
  readonly log: ChangeLog;
  readonly everyMs?: number;
  /** Longer than any transaction may take. */
  readonly lookBackMs?: number;
  readonly report: (error: unknown) => void;
  readonly now?: () => number;
}

const EVERY_MS = 2_000;
const LOOK_BACK_MS = 30_000;
const PAGE = 500;

/**
 * Finds what every feed missed. Numbers are given before transactions commit, so that a lower one may show up after a
 * higher one: what is behind the watermark is asked for again until it is too old for that.
 */
export class ChangePoll {
  private watermark: bigint | undefined;
  /** Numbers behind the watermark that were seen, and when. */
  private readonly seen = new Map<bigint, number>();
  private timer: NodeJS.Timeout | undefined;
  private polling: Promise<void> | undefined;
  private isClosed = false;

  constructor(private readonly options: PollOptions) {}

  start(listener: ChangeListener): void {
    const { everyMs = EVERY_MS, report } = this.options;
    const next = (): void => {
      this.polling = this.poll(listener)
        .catch(report)
        .finally(() => {
          if (!this.isClosed) this.timer = setTimeout(next, everyMs).unref();
        });
    };
    next();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.polling;
  }

  async poll(listener: ChangeListener): Promise<void> {
    const { log, now = Date.now } = this.options;
    this.watermark ??= await log.start();
    for (;;) {
      const found = await log.read(this.watermark, [...this.seen.keys()], PAGE);
      const at = now();
      for (const { number, kind, id } of found) {
        this.seen.set(number, at);
        listener.changed({ kind, id });
      }
      this.advance(at);
      if (found.length < PAGE) return;
    }
  }

  /** Behind a number that was seen so long ago, nothing lower can come. */
  private advance(now: number): void {
    const tooOld = now - (this.options.lookBackMs ?? LOOK_BACK_MS);
    let watermark = this.watermark ?? 0n;
    for (const [number, at] of this.seen) if (at <= tooOld && number > watermark) watermark = number;
    for (const number of this.seen.keys()) if (number <= watermark) this.seen.delete(number);
    this.watermark = watermark;
  }
}
