import { setTimeout as sleep } from 'node:timers/promises';
import { EngineThread, engineAway } from './engine-thread.js';
import type { startEngineWorker } from './engine-thread.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

export interface LastingEngineOptions {
  /** Called when the thread ended by itself, and when the files could not be opened anew after it. */
  readonly onEnd?: (error: Error) => void;
  readonly start?: typeof startEngineWorker;
}

/**
 * The engine in a thread of its own; when that ends by itself, the files are opened anew in another. To them it is
 * what a killed process is: the engine recovers what was committed.
 */
export class LastingEngine {
  private thread: EngineThread | undefined;
  private revival: Promise<void> | undefined;
  private readonly closing = new AbortController();

  private constructor(
    private readonly folder: string,
    private readonly options: LastingEngineOptions,
  ) {}

  /** @throws what the engine says of the files */
  static async open(folder: string, options: LastingEngineOptions = {}): Promise<LastingEngine> {
    const engine = new LastingEngine(folder, options);
    await engine.start();
    return engine;
  }

  /** The thread that has the files open. @throws engineAway */
  current(): EngineThread {
    if (!this.thread) throw engineAway('It is opened anew.');
    return this.thread;
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.revival;
    await this.thread?.close();
  }

  private async start(): Promise<void> {
    const thread = await EngineThread.open(this.folder, this.options.start);
    this.thread = thread;
    void thread.ended.then((error) => {
      this.thread = undefined;
      if (this.closing.signal.aborted) return;
      this.options.onEnd?.(error);
      this.revival = this.revive();
    });
  }

  private async revive(): Promise<void> {
    const { signal } = this.closing;
    for (let pauseMs = 0; !signal.aborted; pauseMs = nextPause(pauseMs)) {
      try {
        await sleep(pauseMs, undefined, { ref: false, signal });
        return await this.start();
      } catch (error) {
        if (!signal.aborted) this.options.onEnd?.(error as Error);
      }
    }
  }
}

function nextPause(pauseMs: number): number {
  return Math.min(Math.max(FIRST_PAUSE_MS, pauseMs * 2), LONGEST_PAUSE_MS);
}
