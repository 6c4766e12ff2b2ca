import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import type { LimitSubject, RateLimits } from '#contract';
import type { Admission, Allowance, Limiter, RateLimiter, Refusal, Standing } from '#metering';
import { waitBefore } from './change-feed.js';
import type { FeedReport } from './change-feed.js';
import { ADMIT, RENEW, SETTLE } from './limit-scripts.js';

export interface RedisLimiterOptions {
  readonly url: string;
  /** Decides where Redis does not, and is told of all calls that it let through. */
  readonly local: Pick<RateLimiter, 'admit' | 'charge'>;
  /** Of the windows: how long a slot is, in milliseconds, and how many slots one counts. */
  readonly window: { readonly slotMs: number; readonly slots: number };
  readonly report: FeedReport;
}

const COMMAND_MS = 50;
const CONNECT_MS = 2_000;
/** How long nobody is asked, after somebody got no answer. */
const REST_MS = 1_000;
/** A connection on which so many in a row got none is made anew. */
const MOST_FAILURES = 5;

/** How long an open call has its place without a word of its gateway, which may be dead; and how often it says one. */
const LEASE_MS = 10_000;
const RENEW_MS = 2_500;
const MOST_RENEWED = 500;
/** How long a call is told to wait for another one's end. */
const PARALLEL_WAIT_MS = 1_000;

const LIMITS: readonly (keyof RateLimits)[] = ['rpm', 'tpm', 'parallel'];

type Argument = string | number;

interface Scripts {
  pllmAdmit(keys: number, ...rest: Argument[]): Promise<number[]>;
  pllmSettle(keys: number, ...rest: Argument[]): Promise<number>;
  pllmRenew(keys: number, ...rest: Argument[]): Promise<number>;
}

/**
 * Counts in Redis, for all gateways together and by its clock: one script a call. A Redis that does not answer is left
 * alone for a second at a time, and this gateway decides by its own part of the limits.
 */
export class RedisLimiter implements Limiter {
  private readonly redis: Redis & Scripts;
  private readonly self = randomUUID();
  private calls = 0;
  /** Open calls that hold a place, and whose places they are. */
  private readonly open = new Map<string, readonly string[]>();
  private failures = 0;
  private restsUntil = 0;
  private isProbed = false;
  private isClosed = false;
  private readonly renewal: NodeJS.Timeout;

  constructor(private readonly options: RedisLimiterOptions) {
    this.redis = connect(options.url, this.report);
    this.redis.connect().catch(() => {});
    this.renewal = setInterval(() => this.renew(), RENEW_MS).unref();
  }

  admit(
    subjects: readonly LimitSubject[],
    tokens: number,
  ): Admission | Refusal | Promise<Admission | Refusal> {
    return this.mayAsk() ? this.ask(subjects, tokens) : this.options.local.admit(subjects, tokens);
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.renewal);
    this.redis.disconnect();
  }

  private async ask(subjects: readonly LimitSubject[], tokens: number): Promise<Admission | Refusal> {
    const name = `${this.self}:${++this.calls}`;
    const charges = subjects.map(({ limits: { tpm } }) => (tpm === undefined ? 0 : Math.min(tpm, tokens)));
    const keys = subjects.flatMap((subject) => keysOf(subject));
    const bounds = subjects.flatMap(({ limits: { rpm = 0, tpm = 0, parallel = 0 } }, index) => [
      rpm,
      tpm,
      parallel,
      charges[index] ?? 0,
    ]);
    let answer: number[];
    try {
      const asked = [...keys, ...this.head(name), LEASE_MS, PARALLEL_WAIT_MS, ...bounds];
      answer = await inTime(this.redis.pllmAdmit(keys.length, ...asked));
    } catch (error) {
      this.fail(error);
      // It may have got there all the same.
      this.settle(name, subjects, 0, []);
      return this.options.local.admit(subjects, tokens);
    }
    this.succeed();
    const [slot = 0, who = 0, which = 0, waitMs = 0, ...sums] = answer;
    const standing = standingOf(subjects, sums);
    const subject = subjects[who - 1];
    if (subject) return { isAdmitted: false, subject, limit: LIMITS[which - 1] ?? 'rpm', waitMs, standing };
    const own = this.options.local.charge(subjects, tokens);
    this.hold(name, subjects);
    let isSettled = false;
    return {
      isAdmitted: true,
      standing,
      settle: (used) => {
        if (isSettled) return;
        isSettled = true;
        own.settle(used);
        this.open.delete(name);
        const changes = subjects.map(({ limits }, index) =>
          limits.tpm === undefined ? 0 : used - (charges[index] ?? 0),
        );
        this.settle(name, subjects, slot, changes);
      },
    };
  }

  /** Nobody waits for it: what is lost of it ends with its lease, or with its window. */
  private settle(name: string, subjects: readonly LimitSubject[], slot: number, changes: number[]): void {
    if (this.redis.status !== 'ready') return;
    const keys = subjects.flatMap((subject) => keysOf(subject).slice(1));
    const by = subjects.map((_, index) => changes[index] ?? 0);
    this.redis.pllmSettle(keys.length, ...keys, ...this.head(name), slot, ...by).catch(this.report);
  }

  private head(name: string): Argument[] {
    const { slotMs, slots } = this.options.window;
    return [slotMs, slots, name];
  }

  private hold(name: string, subjects: readonly LimitSubject[]): void {
    const held = subjects.filter(({ limits }) => limits.parallel !== undefined);
    if (held.length > 0)
      this.open.set(
        name,
        held.flatMap((subject) => keysOf(subject).slice(2)),
      );
  }

  private renew(): void {
    if (this.redis.status !== 'ready') return;
    const places = [...this.open].flatMap(([name, keys]) => keys.map((key) => ({ name, key })));
    for (let from = 0; from < places.length; from += MOST_RENEWED) {
      const some = places.slice(from, from + MOST_RENEWED);
      const rest = [...some.map(({ key }) => key), LEASE_MS, ...some.map(({ name }) => name)];
      this.redis.pllmRenew(some.length, ...rest).catch(this.report);
    }
  }

  /** After a failure, one call at a time finds out whether it is over. */
  private mayAsk(): boolean {
    if (this.redis.status !== 'ready') return false;
    if (this.failures === 0) return true;
    if (this.isProbed || performance.now() < this.restsUntil) return false;
    this.isProbed = true;
    return true;
  }

  private succeed(): void {
    this.options.report.recovered();
    this.failures = 0;
    this.isProbed = false;
  }

  private fail(error: unknown): void {
    this.report(error);
    this.isProbed = false;
    // All that were waiting fail at once: that is one failure.
    if (performance.now() < this.restsUntil) return;
    this.failures++;
    this.restsUntil = performance.now() + REST_MS;
    if (this.failures % MOST_FAILURES === 0 && !this.isClosed) this.redis.disconnect(true);
  }

  private readonly report = (error: unknown): void => {
    if (!this.isClosed) this.options.report.failed(error);
  };
}

function connect(url: string, report: (error: unknown) => void): Redis & Scripts {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    keepAlive: 10_000,
    connectionName: 'pllm-limits',
    retryStrategy: waitBefore,
  });
  redis.on('error', report);
  redis.defineCommand('pllmAdmit', { lua: ADMIT });
  redis.defineCommand('pllmSettle', { lua: SETTLE });
  redis.defineCommand('pllmRenew', { lua: RENEW });
  return redis as Redis & Scripts;
}

/** What a subject has in Redis: its requests, its tokens, its open calls. */
function keysOf({ kind, id }: LimitSubject): string[] {
  return ['requests', 'tokens', 'calls'].map((what) => `pllm:limit:${kind}:${id}:${what}`);
}

function standingOf(subjects: readonly LimitSubject[], sums: readonly number[]): Standing {
  let requests: Allowance | undefined;
  let tokens: Allowance | undefined;
  subjects.forEach(({ limits: { rpm, tpm } }, index) => {
    const [requested = 0, requestsMs = 0, used = 0, tokensMs = 0] = sums.slice(index * 4);
    requests = tighter(requests, rpm, requested, requestsMs);
    tokens = tighter(tokens, tpm, used, tokensMs);
  });
  return { requests, tokens };
}

function tighter(
  one: Allowance | undefined,
  limit: number | undefined,
  used: number,
  resetMs: number,
): Allowance | undefined {
  if (limit === undefined) return one;
  const other = { limit, remaining: Math.max(0, limit - used), resetMs };
  return one && one.remaining <= other.remaining ? one : other;
}

/** A process that was busy itself reads what has come before it says that nothing has. */
function inTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new Error(`Redis did not answer within ${COMMAND_MS} ms.`));
    const timer = setTimeout(() => setImmediate(giveUp), COMMAND_MS);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
