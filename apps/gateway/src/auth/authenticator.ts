import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { GatewayError } from '#contract';
import type { Caller } from './caller.js';
import { KEY_HEADERS, makeApiKeyStrategy, secretIn } from './api-key.strategy.js';
import type { KeyHeader } from './api-key.strategy.js';
import type { KeyCache } from './key-cache.js';

type Strategy = ReturnType<typeof makeApiKeyStrategy>;

/** The verdict that passport's strategies give by calling themselves. */
interface Verdict {
  success(caller: Caller): void;
  fail(): void;
  error(error: unknown): void;
}

/**
 * Drives the passport strategies from Fastify's `onRequest`: Nest's guards run after the body was read, and an
 * unknown key is not worth reading a body for. The first header that is there decides.
 */
export class Authenticator {
  private readonly strategies: ReadonlyMap<KeyHeader, Strategy>;

  constructor(private readonly keys: KeyCache) {
    this.strategies = new Map(KEY_HEADERS.map((header) => [header, makeApiKeyStrategy(header, keys)]));
  }

  /** The caller whose key was presented before, at the cost of a hash; undefined: `authenticate` must say. */
  recall({ headers }: IncomingMessage): Caller | undefined {
    const header = headerOf(headers);
    const value = header && headers[header];
    const secret = header && typeof value === 'string' ? secretIn(header, value) : undefined;
    return secret === undefined ? undefined : this.keys.recall(secret);
  }

  /** @throws GatewayError */
  authenticate(request: IncomingMessage): Promise<Caller> {
    const header = headerOf(request.headers);
    const strategy = header && this.strategies.get(header);
    if (!strategy) {
      const message = 'Send an API key: Authorization: Bearer YOUR_KEY, or X-API-Key: YOUR_KEY.';
      return Promise.reject(new GatewayError('invalid_api_key', { message }));
    }
    return new Promise((resolve, reject) => {
      const attempt = Object.create(strategy) as Verdict & { authenticate(request: IncomingMessage): void };
      attempt.success = resolve;
      attempt.fail = () => reject(new GatewayError('invalid_api_key'));
      attempt.error = reject;
      attempt.authenticate(request);
    });
  }
}

function headerOf(headers: IncomingHttpHeaders): KeyHeader | undefined {
  return KEY_HEADERS.find((name) => headers[name] !== undefined);
}
