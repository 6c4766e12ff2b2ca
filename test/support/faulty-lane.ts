import type { Socket } from 'node:net';
import type { Faults } from './fault-proxy.js';

/** What a lane holds before its source is asked to wait. */
const MOST_HELD_BYTES = 256 * 1024;
/** A slow lane moves something so often, in milliseconds. */
const TURN_MS = 20;

type LaneFaults = Omit<Faults, 'isResetting'>;

/** One direction of a connection: what comes from the source goes to the sink, as its faults let it. */
export class FaultyLane {
  private queue: { bytes: Buffer; readonly at: number }[] = [];
  private queued = 0;
  /** Bytes since the other side last said something. */
  private passed = 0;
  /** Bytes that may go, where the lane is slow, and since when they have been counted. */
  private allowance = 0;
  private allowedAt = performance.now();
  isFrozen = false;
  private isEnding = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly source: Socket,
    private readonly sink: Socket,
    private readonly faults: () => LaneFaults,
  ) {
    source.on('data', (bytes: Buffer) => this.take(bytes));
    sink.on('drain', () => this.move());
  }

  /** What comes now is another answer. */
  restart(): void {
    this.passed = 0;
  }

  freeze(): void {
    this.isFrozen = true;
    this.source.pause();
  }

  thaw(): void {
    this.isFrozen = false;
    this.move();
  }

  /** The source is gone: the sink is closed behind what it still gets. */
  end(): void {
    this.isEnding = true;
    this.move();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.queue = [];
  }

  private take(bytes: Buffer): void {
    if (this.faults().isBlackHole) return;
    this.queue.push({ bytes, at: performance.now() });
    this.queued += bytes.length;
    if (this.queued > MOST_HELD_BYTES) this.source.pause();
    if (!this.timer) this.move();
  }

  /** Passes on what is due, and looks again when more is. */
  private move(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.isFrozen || this.sink.destroyed) return;
    const { latencyMs } = this.faults();
    this.allow(performance.now());
    for (let first = this.queue[0]; first; first = this.queue[0]) {
      const wait = first.at + latencyMs - performance.now();
      if (wait > 0) return this.later(wait);
      if (this.allowance < 1) return this.later(TURN_MS);
      const piece = first.bytes.subarray(0, this.allowance);
      this.allowance -= piece.length;
      first.bytes = first.bytes.subarray(piece.length);
      if (first.bytes.length === 0) this.queue.shift();
      this.queued -= piece.length;
      if (!this.pass(piece)) return;
    }
    if (this.isEnding) this.sink.end();
    else this.source.resume();
  }

  /** What was not used in a turn is not saved up for another. */
  private allow(now: number): void {
    const { bytesPerSecond } = this.faults();
    const most = Math.max(1, (bytesPerSecond * TURN_MS) / 1_000);
    const more = (bytesPerSecond * (now - this.allowedAt)) / 1_000;
    this.allowance = bytesPerSecond === Infinity ? Infinity : Math.min(most, this.allowance + more);
    this.allowedAt = now;
  }

  /** False: no more can go now. */
  private pass(piece: Buffer): boolean {
    const left = this.faults().cutAfterBytes - this.passed;
    this.passed += piece.length;
    if (piece.length < left) return this.sink.write(piece);
    this.stop();
    this.sink.end(piece.subarray(0, left), () => this.sink.destroy());
    return false;
  }

  private later(ms: number): void {
    this.timer = setTimeout(() => this.move(), ms);
  }
}
