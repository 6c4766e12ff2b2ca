import { sign } from 'node:crypto';
import { GatewayError } from '#contract';
import type { TokenGrant } from '#providers';
import type { Exchange } from './exchange.js';
import type { UpstreamClient } from './upstream-client.js';
import { readRetryAfter } from './upstream-errors.js';

/** What an exchange was sent with. */
interface Lent {
  readonly text: string;
  /** Was it there already, and nobody waited for it? */
  readonly wasAtHand: boolean;
}

interface Held {
  readonly text: string;
  /** In milliseconds since 1970, as all times here. */
  renewAt: number;
  readonly endsAt: number;
}

/** A token server answers at once or not at all. */
const TIMEOUTS = {
  connect_ms: 5_000,
  first_byte_ms: 10_000,
  idle_ms: 10_000,
  total_ms: 15_000,
  min_bytes_per_second: 0,
};
const MOST_BYTES = 64 * 1024;
const HEADERS = Object.entries({
  accept: 'application/json',
  'accept-encoding': 'identity',
  'content-type': 'application/x-www-form-urlencoded',
  'user-agent': 'pllm',
}).flat();

/** How long before its end a token is renewed, and is not used any more: at most, and as parts of its life. */
const RENEWAL = { ms: 300_000, part: 1 / 4 };
const END = { ms: 30_000, part: 1 / 20 };
/** Between a renewal that failed and the next one. */
const PAUSE_MS = 10_000;

/** A token that stands for a secret: asked for once at a time, kept, and renewed while the old one is good. */
export class AccessToken {
  private held: Held | undefined = undefined;
  private readonly lent = new WeakMap<Exchange, Lent>();
  private pending: Promise<string> | undefined = undefined;

  constructor(
    private readonly client: Pick<UpstreamClient, 'send'>,
    private readonly grant: TokenGrant,
    private readonly clock: () => number,
  ) {}

  /** For one exchange. @throws GatewayError */
  async lend(exchange: Exchange): Promise<string> {
    const atHand = this.atHand();
    const text = atHand ?? (await this.ask());
    this.lent.set(exchange, { text, wasAtHand: atHand !== undefined });
    return text;
  }

  /** The upstream did not take it: it is thrown away. Answers whether a new one may do better. */
  refuse(exchange: Exchange): boolean {
    const lent = this.lent.get(exchange);
    // By now there may be another one.
    if (lent && this.held?.text === lent.text) this.held = undefined;
    return lent?.wasAtHand ?? false;
  }

  private atHand(): string | undefined {
    const { held } = this;
    const now = this.clock();
    if (!held || now >= held.endsAt) return undefined;
    if (now >= held.renewAt && !this.pending) {
      held.renewAt = now + PAUSE_MS;
      // The old one is good still: whoever needs a new one when it ends is told what is wrong.
      this.ask().catch(() => undefined);
    }
    return held.text;
  }

  /** A new one: whoever asks meanwhile gets the same. */
  private ask(): Promise<string> {
    this.pending ??= this.exchange().finally(() => (this.pending = undefined));
    return this.pending;
  }

  private async exchange(): Promise<string> {
    const { grant, client } = this;
    const now = this.clock();
    const input = grant.signingInput(Math.floor(now / 1000));
    const exchange = client.send({
      origin: grant.url.origin,
      path: grant.url.pathname + grant.url.search,
      method: 'POST',
      headers: HEADERS,
      body: grant.body(`${input}.${signatureOf(input, grant.privateKey)}`),
      timeouts: TIMEOUTS,
      wholeBytes: MOST_BYTES,
    });
    await exchange.begun();
    if (!exchange.ended) {
      exchange.release();
      throw new GatewayError('upstream_unavailable', { message: 'The answer is too large.' });
    }
    const retryAfter = readRetryAfter(exchange.headers, now);
    const { token, seconds } = grant.read(exchange.status, exchange.takeWhole(), retryAfter);
    const life = seconds * 1000;
    const before = ({ ms, part }: typeof END): number => now + life - Math.min(ms, life * part);
    this.held = { text: token, renewAt: before(RENEWAL), endsAt: before(END) };
    return token;
  }
}

/** RS256 (RFC 7518, 3.3). @throws GatewayError which tells nothing of the key */
function signatureOf(input: string, privateKey: string): string {
  try {
    return sign('RSA-SHA256', Buffer.from(input), privateKey).toString('base64url');
  } catch {
    const cause = new Error('the private key of the service account cannot be read');
    throw new GatewayError('upstream_rejected', { cause });
  }
}
