import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import { GatewayError } from '#contract';
import type { HeaderPairs, Timeouts } from '#contract';
import type { AccessToken } from './access-token.js';
import { Deadlines } from './deadlines.js';
import { Exchange } from './exchange.js';
import { guardedConnector } from './guarded-connector.js';
import { OnceBody } from './once-body.js';
import { TokenSource } from './token-source.js';

export interface UpstreamRequest {
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: HeaderPairs;
  /** What authorizes beside the headers, and is waited for where none is at hand. */
  readonly token?: AccessToken | undefined;
  /** Whole, in pieces, or as it is read. */
  readonly body: Buffer | readonly Buffer[] | AsyncIterable<Buffer> | undefined;
  readonly timeouts: Timeouts;
  /** An answer of up to so many bytes is awaited whole; 0: it is read as it comes. */
  readonly wholeBytes: number;
}

/** The HTTP client keeps a body until the answer's end. A larger one whose answer is a stream is given to it to be taken, and so is one in pieces. */
const KEPT_BYTES = 16 * 1024;

/** Idle connections are closed before most servers and load balancers close theirs. */
const KEEP_ALIVE_MS = 4_000;

/** The only code that opens a socket to a provider. Redirects are not followed. */
export class UpstreamClient {
  /** Pools of connections, by origin, one per connect timeout: undici takes it when a pool is made. */
  private readonly pools = new Map<string, Map<number, Pool>>();

  private readonly deadlines = new Deadlines();

  readonly tokens = new TokenSource(this);

  /** @param denyPrivate are private and loopback addresses refused? Link-local ones are always. */
  constructor(private readonly denyPrivate = false) {}

  /** Sends a request; the exchange can be aborted from now on. Await `exchange.begun()` for its status. */
  send(request: UpstreamRequest): Exchange {
    const { origin, path, method, timeouts, wholeBytes, token } = request;
    const { headers, body } = takeable(request);
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
    const pool = this.pool(origin, timeouts.connect_ms);
    if (token) void authorize(token, exchange, options, pool);
    else pool.dispatch(options, exchange);
    return exchange;
  }

  async close(): Promise<void> {
    this.deadlines.close();
    const pools = [...this.pools.values()].flatMap((byTimeout) => [...byTimeout.values()]);
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  private pool(origin: string, connectMs: number): Pool {
    let byTimeout = this.pools.get(origin);
    if (!byTimeout) this.pools.set(origin, (byTimeout = new Map()));
    let pool = byTimeout.get(connectMs);
    if (!pool) {
      pool = new Pool(origin, {
        connect: guardedConnector({ timeoutMs: connectMs, denyPrivate: this.denyPrivate }),
        pipelining: 1,
        keepAliveTimeout: KEEP_ALIVE_MS,
        maxHeaderSize: 64 * 1024,
      });
      byTimeout.set(connectMs, pool);
    }
    return pool;
  }
}

/** Sends when there is a token. Nobody is asked for a caller who is gone by then. */
async function authorize(
  token: AccessToken,
  exchange: Exchange,
  options: Dispatcher.DispatchOptions,
  pool: Pool,
): Promise<void> {
  try {
    const text = await token.lend(exchange);
    if (exchange.error) return;
    const headers = [...(options.headers as string[]), 'authorization', `Bearer ${text}`];
    pool.dispatch({ ...options, headers }, exchange);
  } catch (error) {
    exchange.abort(GatewayError.from(error));
  }
}

function takeable(request: UpstreamRequest): Pick<UpstreamRequest, 'headers' | 'body'> {
  const { headers, body, wholeBytes } = request;
  if (Buffer.isBuffer(body)) {
    const isKept = wholeBytes > 0 || body.length <= KEPT_BYTES;
    return isKept ? request : { headers: withLength(headers, body.length), body: new OnceBody([body]) };
  }
  if (!isInPieces(body)) return request;
  const length = body.reduce((sum, piece) => sum + piece.length, 0);
  return { headers: withLength(headers, length), body: new OnceBody(body) };
}

function withLength(headers: HeaderPairs, length: number): HeaderPairs {
  return [...headers, 'content-length', String(length)];
}

function isInPieces(body: UpstreamRequest['body']): body is readonly Buffer[] {
  return Array.isArray(body);
}

function isUpload(body: UpstreamRequest['body']): body is AsyncIterable<Buffer> {
  return body !== undefined && !Buffer.isBuffer(body) && !(body instanceof OnceBody);
}

async function* watched(body: AsyncIterable<Buffer>, exchange: Exchange): AsyncGenerator<Buffer> {
  for await (const piece of body) {
    exchange.progress();
    yield piece;
  }
  exchange.progress();
}
