import type { ServerResponse } from 'node:http';
import { type Encoder, encoderOf } from './compress.js';
import type { Encoding } from './script.js';

/** The writing end of one answer: waits, honours backpressure, and knows when the client has gone. */
export class Outlet {
  private gone: boolean;
  private wake: (() => void) | undefined;
  private readonly encoder: Encoder | undefined;

  constructor(
    private readonly response: ServerResponse,
    encoding?: Encoding,
  ) {
    this.gone = response.destroyed;
    this.encoder = encoding && encoderOf(encoding);
    this.encoder?.on('data', (bytes: Buffer) => response.write(bytes));
    this.encoder?.on('end', () => response.end());
    const awaken = (): void => this.wake?.();
    response.on('drain', awaken);
    response.on('close', () => {
      this.gone = true;
      awaken();
    });
  }

  /** Has the connection closed? Asked after every wait. */
  isGone(): boolean {
    return this.gone;
  }

  /** Waits so many milliseconds, or until the client has gone. */
  async pause(milliseconds: number): Promise<void> {
    if (milliseconds <= 0 || this.gone) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      timer = setTimeout(resolve, milliseconds);
    });
    clearTimeout(timer);
  }

  /** Writes, and waits while the client is too slow to take it. */
  async write(bytes: string | Buffer): Promise<void> {
    if (this.gone) return;
    const { encoder } = this;
    if (encoder !== undefined) {
      encoder.write(bytes);
      await new Promise<void>((resolve) => encoder.flush(resolve));
      if (this.gone || !this.response.writableNeedDrain) return;
    } else if (this.response.write(bytes)) return;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
  }

  /** Writes in pieces of `size` bytes, each a write of its own turn, so that no two leave together. */
  async writeSplit(bytes: Buffer, size: number): Promise<void> {
    for (let from = 0; from < bytes.length && !this.gone; from += size) {
      await this.write(bytes.subarray(from, from + size));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Keeps the connection open and says nothing more, until the client goes. */
  async silence(): Promise<void> {
    while (!this.gone)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
  }

  /** Breaks the connection once what was written has left. */
  cut(): void {
    this.response.socket?.destroySoon();
  }

  /** Ends the answer as it should end. */
  end(): void {
    if (this.gone) return;
    if (this.encoder === undefined) this.response.end();
    else this.encoder.end();
  }
}
