import { Agent } from 'undici';
import type { HeaderPairs, Timeouts } from '#contract';
import { Deadlines } from './deadlines.js';
import { Exchange } from './exchange.js';
import { guardedConnector } from './guarded-connector.js';

export interface UpstreamRequest {
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: HeaderPairs;
  readonly body: Buffer | AsyncIterable<Buffer> | undefined;
  readonly timeouts: Timeouts;
  /** An answer of up to so many bytes is awaited whole; 0: it is read as it comes. */
  readonly wholeBytes: number;
}

/** Idle connections are closed before most servers and load balancers close theirs. */
const KEEP_ALIVE_MS = 4_000;

/** The only code that opens a socket to a provider. Redirects are not followed. */
export class UpstreamClient {
  /** One pool of connections per connect timeout: undici takes it when a pool is made. */
  private readonly agents = new Map<number, Agent>();

  private readonly deadlines = new Deadlines();

  /** @param denyPrivate are private and loopback addresses refused? Link-local ones are always. */
  constructor(private readonly denyPrivate = false) {}

  /** Sends a request; the exchange can be aborted from now on. Await `exchange.begun()` for its status. */
  send(request: UpstreamRequest): Exchange {
    const { origin, path, method, headers, body, timeouts, wholeBytes } = request;
    const exchange = new Exchange(this.deadlines, timeouts, wholeBytes);
    const options = {
      origin,
      path,
      method,
      headers: headers as string[],
      body: (isUpload(body) ? watched(body, exchange) : (body ?? null)) as Buffer | null,
      // The exchange looks after them itself: undici's are late by up to a second, and an object each.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    this.agent(timeouts.connect_ms).dispatch(options, exchange);
    return exchange;
  }

  async close(): Promise<void> {
    this.deadlines.close();
    await Promise.all([...this.agents.values()].map((agent) => agent.destroy()));
  }

  private agent(connectMs: number): Agent {
    let agent = this.agents.get(connectMs);
    if (!agent) {
      agent = new Agent({
        connect: guardedConnector({ timeoutMs: connectMs, denyPrivate: this.denyPrivate }),
        pipelining: 1,
        keepAliveTimeout: KEEP_ALIVE_MS,
        maxHeaderSize: 64 * 1024,
      });
      this.agents.set(connectMs, agent);
    }
    return agent;
  }
}

function isUpload(body: UpstreamRequest['body']): body is AsyncIterable<Buffer> {
  return body !== undefined && !Buffer.isBuffer(body);
}

async function* watched(body: AsyncIterable<Buffer>, exchange: Exchange): AsyncGenerator<Buffer> {
  for await (const piece of body) {
    exchange.progress();
    yield piece;
  }
  exchange.progress();
}
