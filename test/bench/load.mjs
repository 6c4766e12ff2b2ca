import { Pool } from 'undici';

const DONE = Buffer.from('data: [DONE]\n\n');
/** An answer that takes longer fails the run. */
const PATIENCE_MS = 10_000;
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
    this.tail = DONE;
    this.overhead = undefined;
  }

  onRequestStart() {}

  onResponseStart(_, status, headers) {
    this.status = status;
    this.overhead = headers['x-pllm-overhead-ms'];
  }

  onResponseData(_, piece) {
    this.bytes += piece.length;
    this.tail = piece.length >= DONE.length ? piece : Buffer.concat([this.tail, piece]);
  }

  onResponseEnd() {
    this.load.finish(this);
  }

  onResponseError(_, error) {
    this.load.fail(error);
  }

  /** Undefined when it is what was to come. */
  flaw({ bytes, isStream }) {
    if (this.status !== 200) return `status ${this.status}`;
    if (this.bytes !== bytes) return `${this.bytes} bytes instead of ${bytes}`;
    if (isStream && !this.tail.subarray(-DONE.length).equals(DONE)) return 'no [DONE]';
    return undefined;
  }
}

/** Sends one request again and again, and counts; connections are kept from one phase to the next. */
export class Load {
  constructor({ url, path, headers, body, connections, expected }) {
    const { origin } = new URL(url);
    const limits = { headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS, keepAliveTimeout: 60_000 };
    this.pool = new Pool(origin, { connections, pipelining: 1, ...limits });
    this.options = { path, method: 'POST', headers, body: Buffer.from(body) };
    this.connections = connections;
    this.expected = expected;
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
    this.pool.dispatch(this.options, new Call(this, intendedAt));
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
    for (let index = 0; index < this.connections; index++) this.send(performance.now());
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
    };
  }

  async close() {
    await this.pool.destroy();
  }
}

export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
