import type { Dispatcher } from 'undici';
import { GatewayError } from '#contract';
import type { Timeouts } from '#contract';
import type { Deadlines, Expiring } from './deadlines.js';
import { decompressorFor } from './decompress.js';
import type { Decompressor } from './decompress.js';
import { Patience } from './patience.js';
import { asUpstreamError } from './upstream-errors.js';

export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** What may lie here unread before the upstream is asked to wait. */
const HIGH_WATER_BYTES = 64 * 1024;

/** The most that a whole answer may have: more is a runaway upstream. */
export const MOST_BYTES = 256 * 1024 * 1024;

/** What a pulling reader waits for. */
interface Waiting<T> {
  resolve(value: T): void;
  reject(error: GatewayError): void;
}

/**
 * One HTTP call, pulled: a body piece is read when the reader asks, and the socket rests while nobody does.
 * A reader that is gone calls `abort`, and the upstream's socket is closed at once.
 */
export class Exchange implements Dispatcher.DispatchHandler, Expiring {
  /** 0: the status line is not here yet. */
  status = 0;
  headers: ResponseHeaders = {};
  /** Has the last byte come? */
  ended = false;
  /** When something of the answer came last, on the monotonic clock; 0: nothing has. */
  arrivedAt = 0;
  place = -1;
  error: GatewayError | undefined = undefined;

  private controller: Dispatcher.DispatchController | undefined = undefined;
  private beginning: Waiting<void> | undefined = undefined;
  private reader: Waiting<Buffer[] | undefined> | undefined = undefined;
  private decompressor: Decompressor | undefined = undefined;
  private queue: Buffer[] = [];
  private queuedBytes = 0;
  private released = false;
  private readonly patience: Patience;

  /** @param wholeBytes an answer of up to so many bytes is awaited whole; 0: it is read as it comes */
  constructor(
    private readonly deadlines: Deadlines,
    timeouts: Timeouts,
    private readonly wholeBytes: number,
  ) {
    this.patience = new Patience(timeouts, performance.now());
    deadlines.add(this);
  }

  /**
   * Settles when the answer has begun: its status line is here, and all of a body that is awaited whole, or so much
   * of it that it is too large for that. One promise for all of a small answer. @throws GatewayError
   */
  begun(): Promise<void> {
    if (this.error) return Promise.reject(this.error);
    if (this.hasBegun()) return Promise.resolve();
    return new Promise((resolve, reject) => (this.beginning = { resolve, reject }));
  }

  /** Everything that has come since the last call; undefined at the end. @throws GatewayError */
  read(): Promise<Buffer[] | undefined> {
    if (this.queue.length > 0) {
      const pieces = this.queue;
      this.queue = [];
      this.queuedBytes = 0;
      this.resume();
      return Promise.resolve(pieces);
    }
    if (this.error) return Promise.reject(this.error);
    if (this.ended) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => (this.reader = { resolve, reject }));
  }

  /** The whole body, of an answer that has ended. */
  takeWhole(): Buffer {
    const { queue } = this;
    this.queue = [];
    return queue.length === 1 ? (queue[0] as Buffer) : Buffer.concat(queue);
  }

  /** The rest of the body. @throws GatewayError when it is cut, or larger than anything an upstream means */
  async readAll(): Promise<Buffer> {
    if (this.ended && !this.error) return this.takeWhole();
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
    return Buffer.concat(all);
  }

  /** Closes the upstream's socket now; harmless when the call is over. */
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
    this.resume();
    this.patience.linger(performance.now());
  }

  /** The upstream takes a request that is long: it is not late with its answer. */
  progress(): void {
    this.patience.send(performance.now());
  }

  isLate(now: number): boolean {
    return this.patience.isOver(now);
  }

  expire(): void {
    this.abort(new GatewayError('upstream_timeout'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.error) controller.abort(this.error);
  }

  onResponseStart(upstream: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    // Slices of the packet, one for each name and value, which undici would keep as long as the answer comes.
    upstream.rawHeaders = null;
    // 1xx comes before the answer.
    if (status < 200) return;
    this.arrivedAt = performance.now();
    this.status = status;
    this.headers = headers;
    this.patience.receive(0, this.arrivedAt);
    const encoding = headers['content-encoding'];
    // Asked for `identity`, an upstream may compress all the same.
    if (encoding !== undefined) this.decompress(String(encoding));
    if (this.wholeBytes === 0) this.begin();
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
    if (this.released) return;
    this.arrivedAt = performance.now();
    this.patience.receive(piece.length, this.arrivedAt);
    if (!this.decompressor) return this.accept(piece);
    if (this.decompressor.write(piece)) return;
    controller.pause();
    this.patience.rest();
  }

  onResponseEnd(): void {
    this.arrivedAt = performance.now();
    if (this.decompressor && !this.released) this.decompressor.end();
    else this.finish();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (!this.error) this.fail(asUpstreamError(error));
  }

  private accept(piece: Buffer): void {
    if (this.released) return;
    if (this.reader) {
      this.reader.resolve([piece]);
      this.reader = undefined;
      return;
    }
    this.queue.push(piece);
    this.queuedBytes += piece.length;
    if (this.hasBegun()) this.begin();
    if (this.queuedBytes > Math.max(this.wholeBytes, HIGH_WATER_BYTES)) this.pause();
  }

  private decompress(encoding: string): void {
    const refuse = (cause: unknown): void => {
      const message = 'The provider answered in a compression that cannot be undone.';
      this.abort(new GatewayError('upstream_unavailable', { message, cause }));
    };
    try {
      this.decompressor = decompressorFor(encoding, {
        data: (piece) => this.accept(piece),
        ready: () => this.wake(),
        end: () => this.finish(),
        error: refuse,
      });
    } catch (cause) {
      refuse(cause);
    }
  }

  private pause(): void {
    if (this.decompressor) return void this.decompressor.pause();
    this.controller?.pause();
    this.patience.rest();
  }

  private resume(): void {
    if (this.decompressor) this.decompressor.resume();
    else if (this.controller?.paused) this.wake();
  }

  private wake(): void {
    this.patience.wake(performance.now());
    this.controller?.resume();
  }

  private hasBegun(): boolean {
    return this.ended || (this.status > 0 && (this.wholeBytes === 0 || this.queuedBytes > this.wholeBytes));
  }

  private begin(): void {
    this.beginning?.resolve();
    this.beginning = undefined;
  }

  private finish(): void {
    this.ended = true;
    this.deadlines.delete(this);
    this.begin();
    this.reader?.resolve(undefined);
    this.reader = undefined;
  }

  private fail(error: GatewayError): void {
    this.error = error;
    this.deadlines.delete(this);
    this.decompressor?.destroy();
    this.beginning?.reject(error);
    this.beginning = undefined;
    this.reader?.reject(error);
    this.reader = undefined;
  }
}
