import { Client, Pool } from 'undici';

/** An answer that takes longer fails the run. */
const PATIENCE_MS = 10_000;
/** Thousands of connections at once are more than a listener's queue has room for: the system asks again. */
const CONNECT_PATIENCE_MS = 30_000;
/** For the sake of a number of requests a phase may take so many times as long. */
const LONGER = 5;
/** No phase sends more. */
const MOST_REQUESTS = 500_000;

/** One request and the check of its answer. */
class Call {
  constructor(load, intendedAt) {
    this.load = load;
    this.intendedAt = intendedAt;
    this.status = 0;
    this.bytes = 0;
    /** Of streams only: the last bytes. */
    this.tail = load.tail && Buffer.alloc(0);
    this.overhead = undefined;
  }

  onRequestStart() {}

  onResponseStart(_, status, headers) {
    this.status = status;
    this.overhead = headers['x-pllm-overhead-ms'];
  }

  onResponseData(_, piece) {
    this.bytes += piece.length;
    const { tail } = this.load;
    if (tail) this.tail = piece.length >= tail.length ? piece : Buffer.concat([this.tail, piece]);
  }

  onResponseEnd() {
    this.load.finish(this);
  }

  onResponseError(_, error) {
    this.load.fail(error);
  }

  /** Undefined when it is what was to come. */
  flaw({ bytes, status }) {
    if (this.status !== status) return `status ${this.status}`;
    if (this.bytes !== bytes) return `${this.bytes} bytes instead of ${bytes}`;
    const { tail } = this.load;
    if (tail && !this.tail.subarray(-tail.length).equals(tail)) return 'no end';
    return undefined;
  }
}

/**
 * Sends one request again and again, or its `variants` in turn (`{ headers?, body? }`, each in place of its own), and
 * counts; connections are kept from one phase to the next.
 */
export class Load {
  constructor({
    url,
    path,
    headers,
    body,
    variants = [{}],
    connections,
    atOnce = connections,
    expected,
    patienceMs = PATIENCE_MS,
  }) {
    const { origin } = new URL(url);
    const connect = { timeout: CONNECT_PATIENCE_MS };
    const limits = { headersTimeout: patienceMs, bodyTimeout: patienceMs, keepAliveTimeout: 60_000 };
    // A pool takes the first connection that is free: where fewer calls are open than connections, they take turns.
    this.clients =
      atOnce === connections
        ? [new Pool(origin, { connections, pipelining: 1, connect, ...limits })]
        : Array.from({ length: connections }, () => new Client(origin, { connect, ...limits }));
    const bytes = Buffer.from(body);
    this.requests = variants.map((variant) => ({
      path,
      method: 'POST',
      headers: { ...headers, ...variant.headers },
      body: variant.body === undefined ? bytes : Buffer.from(variant.body),
    }));
    this.turn = 0;
    this.atOnce = atOnce;
    this.expected = expected;
    this.tail = expected.tail === undefined ? undefined : Buffer.from(expected.tail);
    this.begin();
  }

  begin() {
    this.sent = 0;
    this.open = 0;
    this.latencies = [];
    this.overheads = [];
    this.error = undefined;
    this.onFinish = undefined;
    this.wake = undefined;
  }

  send(intendedAt) {
    if (++this.sent > MOST_REQUESTS) this.fail(new Error(`more than ${MOST_REQUESTS} requests`));
    this.open++;
    const turn = this.turn++;
    const client = this.clients[turn % this.clients.length];
    client.dispatch(this.requests[turn % this.requests.length], new Call(this, intendedAt));
  }

  finish(call) {
    const flaw = call.flaw(this.expected);
    if (flaw) return this.fail(new Error(`an answer has ${flaw}`));
    this.open--;
    this.latencies.push(performance.now() - call.intendedAt);
    if (call.overhead !== undefined) this.overheads.push(Number(call.overhead));
    this.onFinish?.();
    if (this.open === 0) this.wake?.();
  }

  fail(error) {
    this.error ??= error;
    this.wake?.();
  }

  /** Each connection sends its next request when it has its answer; for so long, and at least so many. */
  async closedLoop({ seconds, atLeast = 0 }) {
    this.begin();
    const from = performance.now();
    const soonest = from + seconds * 1000;
    const latest = from + seconds * 1000 * LONGER;
    this.onFinish = () => {
      const now = performance.now();
      if (now < soonest || (this.sent < atLeast && now < latest)) this.send(now);
    };
    for (let index = 0; index < this.atOnce; index++) this.send(performance.now());
    await this.settled();
    return this.result(from);
  }

  /** A request every 1/rate seconds, whatever became of those before; waiting counts from when it was due. */
  async fixedRate({ seconds, rate }) {
    this.begin();
    const from = performance.now();
    const count = seconds * rate;
    await new Promise((resolve) => {
      const timer = setInterval(() => {
        const now = performance.now();
        for (let due = from + (this.sent * 1000) / rate; due <= now && this.sent < count;) {
          this.send(due);
          due = from + (this.sent * 1000) / rate;
        }
        if (this.sent < count && !this.error) return;
        clearInterval(timer);
        resolve();
      }, 1);
    });
    await this.settled();
    return this.result(from);
  }

  async settled() {
    if (this.open > 0 && !this.error) await new Promise((resolve) => (this.wake = resolve));
    if (this.error) throw this.error;
  }

  result(from) {
    const seconds = (performance.now() - from) / 1000;
    return {
      requests: this.latencies.length,
      seconds,
      p50: quantile(this.latencies, 0.5),
      p99: quantile(this.latencies, 0.99),
      overhead: this.overheads.length === 0 ? undefined : quantile(this.overheads, 0.5),
      overheadP99: this.overheads.length === 0 ? undefined : quantile(this.overheads, 0.99),
    };
  }

  async close() {
    await Promise.all(this.clients.map((client) => client.destroy()));
  }
}

export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
