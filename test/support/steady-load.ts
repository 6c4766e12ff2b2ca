import { Agent, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { HELLO } from './stream-client.js';

export interface LoadOptions {
  readonly url: string;
  readonly key: string;
  readonly model: string;
  /** Calls a second. */
  readonly rate: number;
}

/** What became of one call. */
export interface LoadedCall {
  /** 0: no answer, or not all of it. */
  readonly status: number;
  readonly requestId: string;
  readonly ms: number;
  readonly retryAfter?: string | undefined;
}

/** Sends calls at a steady rate, whether or not they are answered, until it is stopped. */
export class SteadyLoad {
  readonly calls: LoadedCall[] = [];
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 200 });
  private readonly open = new Set<Promise<void>>();
  private readonly startedAt = performance.now();
  private readonly timer: NodeJS.Timeout;
  private sent = 0;

  constructor(private readonly options: LoadOptions) {
    this.timer = setInterval(() => this.catchUp(), 5);
  }

  /** Settles when every call has its answer. */
  async stop(): Promise<readonly LoadedCall[]> {
    clearInterval(this.timer);
    await Promise.all(this.open);
    this.agent.destroy();
    return this.calls;
  }

  private catchUp(): void {
    const due = ((performance.now() - this.startedAt) / 1000) * this.options.rate;
    // A busy machine is no reason for a burst.
    for (let burst = 0; this.sent < due && burst < 10; burst++) this.send();
    this.sent = Math.max(this.sent, Math.floor(due) - 10);
  }

  private send(): void {
    this.sent++;
    const call = this.call().then((result) => {
      this.calls.push(result);
      this.open.delete(call);
    });
    this.open.add(call);
  }

  private call(): Promise<LoadedCall> {
    const { url, key, model } = this.options;
    const from = performance.now();
    return new Promise((resolve) => {
      const end = (status: number, headers: IncomingHttpHeaders = {}): void =>
        resolve({
          status,
          requestId: String(headers['x-request-id'] ?? ''),
          ms: performance.now() - from,
          retryAfter: headers['retry-after'],
        });
      const request = httpRequest(`${url}/v1/chat/completions`, {
        method: 'POST',
        agent: this.agent,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      });
      request.once('error', () => end(0));
      request.once('response', (response) => {
        response.resume();
        response.once('end', () => end(response.statusCode ?? 0, response.headers));
        response.once('error', () => end(0));
      });
      request.end(JSON.stringify({ model, messages: HELLO }));
    });
  }
}
