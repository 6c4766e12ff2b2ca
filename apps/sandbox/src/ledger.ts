import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Part } from './multipart.js';

/** What the sandbox saw of one request, and how its answer ended. Times are milliseconds since 1970. */
export interface LedgerEntry {
  at: number;
  method: string;
  /** As received, query and all. */
  path: string;
  headers: IncomingHttpHeaders;
  rawHeaders: string[];
  /** Bodies over 64 KiB keep their first 1 KiB, unless the sandbox was started with `keepBodies`. */
  body: string;
  /** Bytes, of the whole body. */
  bodyLength: number;
  /** Of a multipart body, which is not kept otherwise. */
  parts?: readonly Part[];
  /** As received, script and all; empty until the body has been read, or when there is none. */
  model: string;
  stream: boolean;
  /** The answer was handed to the system in full. */
  completedAt?: number;
  /** The client closed before the answer was complete. */
  abortedAt?: number;
  /** The sandbox itself broke the connection, as its script said. */
  cutAt?: number;
  /** Content deltas and tool-argument fragments written to a stream. */
  chunksWritten: number;
}

/** How much a ledger keeps. */
export interface LedgerOptions {
  enabled: boolean;
  keepBodies: boolean;
}

interface Waiter {
  matches(entry: LedgerEntry): boolean;
  resolve(entry: LedgerEntry): void;
  reject(reason: unknown): void;
}

const MOST_ENTRIES = 10_000;
const LARGEST_BODY = 64 * 1024;
const KEPT_OF_LARGER = 1024;

/** The requests that arrived, oldest first, and two gauges. */
export class Ledger {
  readonly requests: LedgerEntry[] = [];
  /** Requests in progress now. */
  open = 0;
  /** The most that were ever in progress at once, since the last `clear()`. */
  peak = 0;
  private readonly waiters = new Set<Waiter>();

  constructor(private readonly options: LedgerOptions) {}

  /** Forgets all entries and starts the peak anew. */
  clear(): void {
    this.requests.length = 0;
    this.peak = this.open;
  }

  /** The first entry that matches, now or when one comes to match. Rejects after `timeoutMs`. */
  async waitFor(predicate: (entry: LedgerEntry) => boolean, timeoutMs = 2_000): Promise<LedgerEntry> {
    if (!this.options.enabled) throw new Error('This sandbox keeps no ledger.');
    const known = this.requests.find(predicate);
    if (known !== undefined) return known;
    return new Promise((resolve, reject) => {
      const forget = (): void => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
      };
      const waiter: Waiter = {
        matches: predicate,
        resolve: (entry) => (forget(), resolve(entry)),
        reject: (reason) => (forget(), reject(reason)),
      };
      const late = `No entry matched in ${timeoutMs} ms`;
      const timer = setTimeout(() => waiter.reject(new Error(late)), timeoutMs);
      this.waiters.add(waiter);
    });
  }

  /** Counts a request in; its entry, unless nothing is kept. */
  arrive(request: IncomingMessage): LedgerEntry | undefined {
    this.open++;
    if (this.open > this.peak) this.peak = this.open;
    if (!this.options.enabled) return undefined;
    const entry: LedgerEntry = {
      at: Date.now(),
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      body: '',
      bodyLength: 0,
      model: '',
      stream: false,
      chunksWritten: 0,
    };
    if (this.requests.length >= MOST_ENTRIES) this.requests.shift();
    this.requests.push(entry);
    this.touch(entry);
    return entry;
  }

  /** Notes the body of a request. */
  noteBody(entry: LedgerEntry, body: Buffer, text: string): void {
    const keepsAll = this.options.keepBodies || body.length <= LARGEST_BODY;
    entry.body = keepsAll ? text : body.toString('utf8', 0, KEPT_OF_LARGER);
    entry.bodyLength = body.length;
    this.touch(entry);
  }

  /** Counts a request out, however its answer ended. */
  leave(entry: LedgerEntry | undefined, isComplete: boolean): void {
    this.open--;
    if (entry === undefined) return;
    if (isComplete) entry.completedAt = Date.now();
    else if (entry.cutAt === undefined) entry.abortedAt = Date.now();
    this.touch(entry);
  }

  /** Says that an entry changed: those who wait look at it again. */
  touch(entry: LedgerEntry): void {
    for (const waiter of this.waiters) {
      try {
        if (waiter.matches(entry)) waiter.resolve(entry);
      } catch (error) {
        waiter.reject(error);
      }
    }
  }
}
