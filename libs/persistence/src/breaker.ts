import { GatewayError } from '#contract';

/** `open`: nothing is asked; `half-open`: nothing but the one probe. */
export type BreakerState = 'closed' | 'open' | 'half-open';

export interface BreakerOptions {
  /** Does it answer? Rejects when it does not, or hangs. */
  readonly probe: () => Promise<unknown>;
  /** Is an error one of what does not answer, not of what was asked? */
  readonly isOutage: (error: unknown) => boolean;
  readonly onChange?: (state: BreakerState) => void;
  readonly probeMs?: number;
  readonly everyMs?: number;
}

const PROBE_MS = 1_000;
const EVERY_MS = 1_000;

/** What cannot be answered now; the caller may come again. */
export function databaseAway(cause?: unknown): GatewayError {
  const message = 'The database does not answer.';
  return new GatewayError('service_unavailable', { message, retryAfter: 1, cause });
}

/**
 * Stands before a database that may stop, or freeze. Whoever fails or waits too long raises a suspicion, which one
 * probe confirms: then everybody who waits is told at once, nobody else asks, and a probe a second finds out when it
 * is back.
 */
export class Breaker {
  private current: BreakerState = 'closed';
  private changedAt = Date.now();
  private isSuspected = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly options: BreakerOptions) {}

  get state(): BreakerState {
    return this.current;
  }

  /** Since when it is in this state, in milliseconds since 1970. */
  get since(): number {
    return this.changedAt;
  }

  /** @throws GatewayError `service_unavailable` at once when open, or after `withinMs` */
  run<T>(work: () => Promise<T>, withinMs: number): Promise<T> {
    if (this.current !== 'closed') return Promise.reject(databaseAway());
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.waiting.delete(giveUp);
        reject(databaseAway());
      };
      this.waiting.add(giveUp);
      const stop = patience(withinMs, () => {
        giveUp();
        this.suspect();
      });
      const settle = (): void => {
        stop();
        this.waiting.delete(giveUp);
      };
      new Promise<T>((settled) => settled(work())).then(
        (value) => {
          settle();
          resolve(value);
        },
        (error: unknown) => {
          settle();
          if (this.options.isOutage(error)) this.suspect();
          reject(error as Error);
        },
      );
    });
  }

  close(): void {
    clearTimeout(this.timer);
    this.isSuspected = true;
  }

  private suspect(): void {
    if (this.isSuspected || this.current !== 'closed') return;
    this.isSuspected = true;
    void this.look();
  }

  private async look(): Promise<void> {
    const isBack = await this.answers();
    this.isSuspected = false;
    if (isBack) return this.enter('closed');
    this.enter('open');
    for (const giveUp of this.waiting) giveUp();
    this.timer = setTimeout(() => {
      this.enter('half-open');
      void this.look();
    }, this.options.everyMs ?? EVERY_MS).unref();
  }

  private answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const stop = patience(this.options.probeMs ?? PROBE_MS, () => resolve(false));
      this.options
        .probe()
        .then(
          () => resolve(true),
          () => resolve(false),
        )
        .finally(stop);
    });
  }

  private enter(state: BreakerState): void {
    if (state === this.current) return;
    const wasOpen = this.current !== 'closed';
    this.current = state;
    if (wasOpen === (state !== 'closed')) return;
    this.changedAt = Date.now();
    this.options.onChange?.(state);
  }
}

/** A process that was busy itself finds the answer waiting: it is read before anybody is called late. */
function patience(ms: number, onLate: () => void): () => void {
  let late: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => (late = setImmediate(onLate)), ms);
  return () => {
    clearTimeout(timer);
    clearImmediate(late);
  };
}
