import { GatewayError } from '#contract';

/** How long a call waits for its turn, in milliseconds. */
const PATIENCE_MS = 10_000;
/** How many wait, for each that may be in. */
const MOST_WAITING = 4;

interface Waiting {
  enter(): void;
  leave(error: GatewayError): void;
}

/** So many at once, and a line of others that is bounded in length and in time. */
export class ParallelLimit {
  private inside = 0;
  private readonly line: Waiting[] = [];

  /** @param most may grow and shrink; those inside stay */
  constructor(public most: number) {}

  get waiting(): number {
    return this.line.length;
  }

  /** Would one go in at once? */
  get hasRoom(): boolean {
    return this.inside < this.most && this.line.length === 0;
  }

  /** Goes in at once; false: there is no room. */
  tryEnter(): boolean {
    if (!this.hasRoom) return false;
    this.inside++;
    return true;
  }

  /**
   * Waits for room, first come, first served.
   *
   * @param whenOver is told how to leave the line before its time
   * @throws GatewayError `provider_busy` where the line is too long, or no turn comes in time
   */
  enter(whenOver?: (leave: (error: GatewayError) => void) => void): Promise<void> {
    if (this.tryEnter()) return Promise.resolve();
    if (this.line.length >= this.most * MOST_WAITING) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        enter: () => {
          clearTimeout(timer);
          resolve();
        },
        leave: (error) => {
          const at = this.line.indexOf(waiting);
          if (at < 0) return;
          this.line.splice(at, 1);
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => waiting.leave(busy()), PATIENCE_MS);
      this.line.push(waiting);
      whenOver?.(waiting.leave);
    });
  }

  /** One is out: the next in line has its place. */
  leave(): void {
    this.inside--;
    while (this.inside < this.most && this.line[0]) {
      this.inside++;
      this.line.shift()?.enter();
    }
  }
}

function busy(): GatewayError {
  return new GatewayError('provider_busy', { retryAfter: 1 });
}
