import type { Dispatcher } from 'undici';
import { GatewayError } from '#contract';
import type { Deadlines, Expiring } from './deadlines.js';
import { asUpstreamError } from './upstream-errors.js';

export interface ResponseHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What may lie here unread before the upstream is asked to wait. */
const HIGH_WATER_BYTES = 64 * 1024;

/** How long an upstream may take to end an answer that is complete. */
const LINGER_MS = 200;

/** The most that a whole answer may have: more is a runaway upstream. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * One HTTP call, pulled: a body piece is read when the reader asks, and the socket rests while nobody does.
 * A reader that is gone calls `abort`, and the upstream's socket is closed at once.
 */
export class Exchange implements Dispatcher.DispatchHandler, Expiring {
  /** Settles when the status line is here. */
  readonly head: Promise<ResponseHead>;

  private controller: Dispatcher.DispatchController | undefined;
  private settleHead: { resolve(head: ResponseHead): void; reject(error: GatewayError): void } | undefined;
  private reader:
    { resolve(pieces: Buffer[] | undefined): void; reject(error: GatewayError): void } | undefined;
  private queue: Buffer[] = [];
  private queuedBytes = 0;
  private ended = false;
  private error: GatewayError | undefined;
  private released = false;
  deadline: number;

  constructor(
    private readonly deadlines: Deadlines,
    totalMs: number,
  ) {
    this.head = new Promise((resolve, reject) => (this.settleHead = { resolve, reject }));
    // An abort before anybody awaits the head is not an unhandled rejection.
    this.head.catch(() => {});
    this.deadline = performance.now() + totalMs;
    deadlines.add(this);
  }

  /** Everything that has come since the last call; undefined at the end. @throws GatewayError */
  read(): Promise<Buffer[] | undefined> {
    if (this.queue.length > 0) {
      const pieces = this.queue;
      this.queue = [];
      this.queuedBytes = 0;
      if (this.controller?.paused) this.controller.resume();
      return Promise.resolve(pieces);
    }
    if (this.error) return Promise.reject(this.error);
    if (this.ended) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => (this.reader = { resolve, reject }));
  }

  /** The rest of the body. @throws GatewayError when it is cut, or larger than anything an upstream means */
  async readAll(): Promise<Buffer> {
    const all: Buffer[] = [];
    let bytes = 0;
    for (let pieces = await this.read(); pieces; pieces = await this.read()) {
      for (const piece of pieces) bytes += piece.length;
      if (bytes > MOST_BYTES) {
        const error = new GatewayError('upstream_unavailable', { message: 'The answer is too large.' });
        this.abort(error);
        throw error;
      }
      all.push(...pieces);
    }
    return all.length === 1 ? (all[0] as Buffer) : Buffer.concat(all);
  }

  /** Ends the call now, closing the upstream's socket; harmless when it is over. */
  abort(reason: GatewayError): void {
    if (this.ended || this.error) return;
    this.fail(reason);
    this.controller?.abort(reason);
  }

  /**
   * The reader has all it wants. What little is left is read away, so that the connection can serve again; an
   * upstream that goes on is aborted.
   */
  release(): void {
    if (this.ended || this.error) return;
    this.released = true;
    this.queue = [];
    if (this.controller?.paused) this.controller.resume();
    this.deadline = performance.now() + LINGER_MS;
  }

  /** The deadline has come. */
  expire(): void {
    this.abort(new GatewayError('upstream_timeout'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.error) controller.abort(this.error);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: ResponseHead['headers']): void {
    // 1xx comes before the answer.
    if (status < 200) return;
    this.settleHead?.resolve({ status, headers });
    this.settleHead = undefined;
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
    if (this.released) return;
    if (this.reader) {
      this.reader.resolve([piece]);
      this.reader = undefined;
      return;
    }
    this.queue.push(piece);
    this.queuedBytes += piece.length;
    if (this.queuedBytes > HIGH_WATER_BYTES) controller.pause();
  }

  onResponseEnd(): void {
    this.ended = true;
    this.deadlines.delete(this);
    this.reader?.resolve(undefined);
    this.reader = undefined;
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (!this.error) this.fail(asUpstreamError(error));
  }

  private fail(error: GatewayError): void {
    this.error = error;
    this.deadlines.delete(this);
    this.settleHead?.reject(error);
    this.settleHead = undefined;
    this.reader?.reject(error);
    this.reader = undefined;
  }
}
