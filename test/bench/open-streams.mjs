import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMs, residentKb } from './cpu-time.mjs';
import { quantile } from './load.mjs';

const NEWLINE = 10;
const NEWLINES_OF_A_CHUNK = 2;
const OPEN_EVERY_MS = 20;
const LOOK_EVERY_MS = 250;
/** All must have begun by then. */
const PATIENCE_MS = 30_000;

/** One stream, and when its chunks came. */
class OpenStream {
  constructor(streams) {
    this.streams = streams;
    this.sentAt = performance.now();
    this.status = 0;
    this.bytes = 0;
    this.newlines = 0;
    this.cameAt = undefined;
    this.firstMs = undefined;
    this.largestGapMs = 0;
    this.tail = Buffer.alloc(0);
  }

  onRequestStart() {}

  onResponseStart(_, status) {
    this.status = status;
  }

  onResponseData(_, piece) {
    const now = performance.now();
    if (this.cameAt === undefined) this.begin(now);
    else this.largestGapMs = Math.max(this.largestGapMs, now - this.cameAt);
    this.cameAt = now;
    this.bytes += piece.length;
    for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, at + 1)) this.newlines++;
    const { tail } = this.streams;
    this.tail = piece.length >= tail.length ? piece : Buffer.concat([this.tail, piece]);
  }

  begin(now) {
    this.firstMs = now - this.sentAt;
    this.streams.begun++;
  }

  onResponseEnd() {
    this.streams.ended++;
  }

  onResponseError(_, error) {
    this.streams.error ??= error;
  }

  /** Undefined: it came whole. */
  flaw(tail, bytes) {
    if (this.status !== 200) return `status ${this.status}`;
    if (!this.tail.subarray(-tail.length).equals(tail)) return 'no end';
    if (this.bytes !== bytes) return `${this.bytes} bytes where another has ${bytes}`;
    return undefined;
  }
}

/**
 * Opens `count` streams over `rampSeconds`, looks at the process `id` for `seconds` while all of them are open, and
 * reads them to their ends. Each must come whole.
 */
export class OpenStreams {
  constructor({ clients: [client], requests: [request], tail }, { id, count, rampSeconds, seconds, chunks }) {
    Object.assign(this, { client, request, tail, id, count, rampSeconds, seconds, chunks });
    this.all = [];
    this.begun = 0;
    this.ended = 0;
    this.error = undefined;
  }

  async run() {
    const idleKb = residentKb(this.id);
    await this.open();
    await this.until(() => this.begun === this.count, PATIENCE_MS);
    const window = await this.watch();
    if (this.ended > 0) throw new Error('streams ended before all had been looked at');
    await this.until(() => this.ended === this.count, this.chunks * 1000 + PATIENCE_MS);
    this.check();
    const gaps = this.all.map(({ largestGapMs }) => largestGapMs);
    return {
      streams: this.count,
      idleMb: idleKb / 1024,
      kbEach: (window.residentKb - idleKb) / this.count,
      chunks: window.chunks,
      cpuMicros: window.cpuMicros,
      firstMs: quantile(
        this.all.map(({ firstMs }) => firstMs),
        0.99,
      ),
      gapMs: quantile(gaps, 0.5),
      largestGapMs: Math.max(...gaps),
    };
  }

  async open() {
    const from = performance.now();
    while (this.all.length < this.count && !this.error) {
      const due = Math.ceil(((performance.now() - from) / (this.rampSeconds * 1000)) * this.count);
      while (this.all.length < Math.min(due, this.count)) {
        const stream = new OpenStream(this);
        this.all.push(stream);
        this.client.dispatch(this.request, stream);
      }
      await sleep(OPEN_EVERY_MS);
    }
  }

  /** Resident memory is the mean over the window: it goes up and down with the garbage. */
  async watch() {
    const before = { cpu: cpuMs(this.id), chunks: this.chunksSoFar(), at: performance.now() };
    const seen = [];
    while (performance.now() - before.at < this.seconds * 1000) {
      seen.push(residentKb(this.id));
      await sleep(LOOK_EVERY_MS);
    }
    const chunks = this.chunksSoFar() - before.chunks;
    return {
      chunks,
      cpuMicros: ((cpuMs(this.id) - before.cpu) * 1000) / chunks,
      residentKb: seen.reduce((sum, kb) => sum + kb, 0) / seen.length,
    };
  }

  chunksSoFar() {
    return this.all.reduce((sum, { newlines }) => sum + newlines / NEWLINES_OF_A_CHUNK, 0);
  }

  async until(isTrue, patienceMs) {
    const end = performance.now() + patienceMs;
    while (!isTrue()) {
      if (this.error) throw this.error;
      if (performance.now() > end)
        throw new Error(`${this.begun} streams of ${this.count} began, ${this.ended} ended`);
      await sleep(OPEN_EVERY_MS);
    }
  }

  check() {
    const [{ bytes, newlines }] = this.all;
    const least = this.chunks * NEWLINES_OF_A_CHUNK;
    if (newlines < least) throw new Error(`a stream has ${newlines} lines, not ${least}`);
    for (const stream of this.all) {
      const flaw = stream.flaw(this.tail, bytes);
      if (flaw) throw new Error(`a stream has ${flaw}`);
    }
  }
}
