import {
  closeSync,
  existsSync,
  fdatasync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { Lines } from './lines.js';
import { printRecord } from './print-record.js';
import { claimSpoolFolder } from './spool-folder.js';
import type { SpoolFolder, SpoolFolderOptions } from './spool-folder.js';
import { depthOf, leftSegment } from './spool-segment.js';
import type { Segment, SpoolDepth } from './spool-segment.js';
import type { UsageRecord } from './usage-record.js';

export interface SpoolOptions extends SpoolFolderOptions {
  /** Writes records, each a line of JSON text, to the database; writing one twice must change nothing. */
  readonly insert: (lines: Buffer) => Promise<void>;
  /** How long a record waits for company, in milliseconds. */
  readonly everyMs?: number;
}

/** The window of a power loss: records are handed to the disk at the latest after this. */
const SYNC_MS = 20;
const RETRY_MS = 1_000;
/** Records of an outage are kept in memory up to here; the others are read back from their file. */
const MOST_IN_MEMORY = 50_000;
const LINE_FEED = Buffer.from('\n');

interface OpenSegment {
  readonly path: string;
  readonly lines: Lines;
  readonly descriptor: number | undefined;
  /** How many bytes of the lines are in the file. */
  written: number;
  /** Did the last line not go in whole? The next one may not be glued to it. */
  isTorn: boolean;
}

/**
 * The usage ledger's way to the database. A record is in a file by `write()` when `append` has settled, which is what
 * a killed process needs; a batch at a time goes to the database, and a file goes when all of it is there. Files that
 * a dead process left are taken at the start. Exactly once, since the database drops what it already has.
 */
export class UsageSpool {
  private open: OpenSegment | undefined;
  private readonly sealed: Segment[];
  private inMemory = 0;
  private serial = 0;
  private syncTimer: NodeJS.Timeout | undefined;
  private flushTimer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> | undefined;
  private closed = false;
  private isFailing = false;
  private written: Promise<void> | undefined;

  private constructor(
    private readonly options: SpoolOptions,
    private readonly own: SpoolFolder,
  ) {
    this.sealed = own.left.map(leftSegment);
    if (this.sealed.length > 0) this.schedule(0);
  }

  static async open(options: SpoolOptions): Promise<UsageSpool> {
    return new UsageSpool(options, await claimSpoolFolder(options));
  }

  /** Records that are not in the database yet, those of earlier processes not counted. */
  get pending(): number {
    return this.inMemory;
  }

  get depth(): SpoolDepth {
    const { open } = this;
    const last = open && { path: open.path, count: open.lines.count, length: open.lines.length };
    return depthOf(last ? [...this.sealed, last] : this.sealed);
  }

  /** Settles when the record is in the file. Records that come in one turn of the event loop share one `write()`. */
  append(record: UsageRecord): Promise<void> {
    const segment = (this.open ??= this.openSegment());
    segment.lines.push(printRecord(record));
    this.inMemory++;
    this.syncTimer ??= setTimeout(() => this.sync(), SYNC_MS);
    // A database that is down is not asked at every record, nor is every record a file.
    this.schedule(this.isFailing ? RETRY_MS : (this.options.everyMs ?? 200));
    this.written ??= new Promise((resolve) =>
      setImmediate(() => {
        this.written = undefined;
        if (this.open) this.write(this.open);
        resolve();
      }),
    );
    return this.written;
  }

  /** Everything that is appended by now is in the database, or `false`: it stays in its files. */
  async flush(): Promise<boolean> {
    while (this.flushing) await this.flushing;
    this.flushing = this.drain().finally(() => (this.flushing = undefined));
    await this.flushing;
    return this.sealed.length === 0;
  }

  /** Flushes once more and lets go of the folder. */
  async close(): Promise<boolean> {
    this.closed = true;
    clearTimeout(this.flushTimer);
    clearTimeout(this.syncTimer);
    const isEmpty = await this.flush();
    await this.own.leave();
    return isEmpty;
  }

  private openSegment(): OpenSegment {
    const path = join(this.own.path, `${Date.now()}-${this.serial++}.jsonl`);
    return { path, descriptor: this.openFile(path), lines: new Lines(), written: 0, isTorn: false };
  }

  private write(segment: OpenSegment): void {
    const { descriptor, lines, written, isTorn } = segment;
    segment.written = lines.length;
    if (descriptor === undefined || written === lines.length) return;
    const news = lines.since(written);
    const bytes = isTorn ? Buffer.concat([LINE_FEED, news]) : news;
    try {
      segment.isTorn = true;
      const count = writeSync(descriptor, bytes);
      if (count < bytes.length) throw new Error(`${count} of ${bytes.length} bytes were written`);
      segment.isTorn = false;
    } catch (error) {
      this.fullDisk(error);
    }
  }

  private openFile(path: string): number | undefined {
    try {
      // A record that comes late is for the next process.
      if (this.closed) mkdirSync(this.own.path, { recursive: true, mode: 0o700 });
      return openSync(path, 'ax', 0o600);
    } catch (error) {
      this.fullDisk(error);
      return undefined;
    }
  }

  /** The call is answered all the same, and its record waits in memory alone. */
  private fullDisk(error: unknown): void {
    this.options.report('usage records cannot be spooled; they wait in memory alone', error);
  }

  private sync(): void {
    this.syncTimer = undefined;
    const segment = this.open;
    if (segment?.descriptor === undefined) return;
    fdatasync(segment.descriptor, (error) => {
      // The file may have been flushed and closed meanwhile: then there is nothing left to sync.
      if (error && error.code !== 'EBADF') this.options.report('the usage spool cannot be synced', error);
    });
  }

  private schedule(delay: number): void {
    if (this.flushTimer || this.closed) return;
    this.flushTimer = setTimeout(() => {
      this.flushTimer = undefined;
      void this.flush().then((isEmpty) => {
        if (!isEmpty) this.schedule(RETRY_MS);
      });
    }, delay);
  }

  private async drain(): Promise<void> {
    this.seal();
    while (this.sealed[0]) {
      const segment = this.sealed[0];
      try {
        const lines = segment.lines ?? this.readSegment(segment.path);
        for (const batch of lines.batches()) await this.options.insert(batch);
      } catch (error) {
        this.isFailing = true;
        this.options.report('usage records cannot be written; they stay in the spool', error);
        return;
      }
      this.isFailing = false;
      rmSync(segment.path, { force: true });
      this.inMemory -= segment.lines?.count ?? 0;
      this.sealed.shift();
    }
  }

  private seal(): void {
    const segment = this.open;
    if (!segment) return;
    this.write(segment);
    this.open = undefined;
    if (segment.descriptor !== undefined) closeSync(segment.descriptor);
    const fits = this.inMemory <= MOST_IN_MEMORY || segment.descriptor === undefined;
    if (!fits) this.inMemory -= segment.lines.count;
    const { path, lines } = segment;
    this.sealed.push({ path, lines: fits ? lines : undefined, count: lines.count, length: lines.length });
  }

  /** Machines that share a file system do not see each other's locks: another one may have been quicker. */
  private readSegment(path: string): Lines {
    const texts = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [''];
    // A last line without its end was torn by a kill in the middle of it: that call was never answered.
    texts.pop();
    const lines = new Lines();
    for (const text of texts) if (text !== '' && this.isWhole(path, text)) lines.push(text);
    return lines;
  }

  /** One line that a full disk tore may not hold back all the others. */
  private isWhole(path: string, line: string): boolean {
    try {
      JSON.parse(line);
      return true;
    } catch (error) {
      this.options.report(`a torn usage record is left out (${path})`, error);
      return false;
    }
  }
}
