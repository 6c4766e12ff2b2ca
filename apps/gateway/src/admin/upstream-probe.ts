import { Injectable } from '@nestjs/common';
import { DEFAULT_TIMEOUTS, GatewayError } from '#contract';
import type { Provider } from '#contract';
import { findAdapter } from '#providers';
import { MOST_BYTES, UpstreamClient } from '#upstream';

const TIMEOUTS = { ...DEFAULT_TIMEOUTS, first_byte_ms: 10_000, total_ms: 15_000 };

/** What asking an upstream for its models showed. */
export interface Probe {
  readonly ok: boolean;
  /** The upstream's status; null: none came. */
  readonly status: number | null;
  readonly latencyMs: number;
  readonly models: readonly string[];
  /** For the operator, who set the address and may see it. */
  readonly error: string | null;
}

/** Asks a provider for its models: one real, cheap call that proves address and credential. */
@Injectable()
export class UpstreamProbe {
  constructor(private readonly client: UpstreamClient) {}

  async ask(provider: Provider): Promise<Probe> {
    const startedAt = performance.now();
    const adapter = findAdapter(provider.type);
    if (!adapter) throw new GatewayError('unsupported_operation');
    const { origin, pathname, search } = adapter.modelsAddress(provider);
    const token = this.client.tokens.of(provider, adapter);
    const exchange = this.client.send({
      origin,
      path: pathname + search,
      method: 'GET',
      headers: Object.entries({
        accept: 'application/json',
        ...adapter.authorize(provider.secret),
        ...provider.headers,
      }).flat(),
      token,
      body: undefined,
      timeouts: TIMEOUTS,
      wholeBytes: MOST_BYTES,
    });
    const done = (rest: Omit<Probe, 'latencyMs'>): Probe => ({
      ...rest,
      latencyMs: Math.round(performance.now() - startedAt),
    });
    try {
      await exchange.begun();
      const { status } = exchange;
      // The token may be an old one, and the credential good.
      if (status === 401 && token?.refuse(exchange)) return await this.ask(provider);
      const models = readNames(exchange.takeWhole());
      const ok = status === 200;
      return done({ ok, status, models, error: ok ? null : `The upstream answered with status ${status}.` });
    } catch (thrown) {
      return done({ ok: false, status: null, models: [], error: describe(GatewayError.from(thrown)) });
    }
  }
}

interface ModelList {
  readonly data?: unknown;
  readonly models?: unknown;
  readonly publisherModels?: unknown;
}

function readNames(body: Buffer): string[] {
  try {
    const value = JSON.parse(body.toString()) as ModelList | unknown[];
    // Together answers with the bare list, Google with one of `models/NAME`.
    const data = Array.isArray(value) ? value : (value.data ?? value.models ?? value.publisherModels);
    return Array.isArray(data)
      ? data.flatMap(({ id, name }: { id?: unknown; name?: unknown }) => {
          const given = id ?? name;
          return typeof given === 'string' ? [given.replace(/^(?:publishers\/google\/)?models\//, '')] : [];
        })
      : [];
  } catch {
    return [];
  }
}

function describe(error: GatewayError): string {
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return code ? `${error.message} (${code})` : error.message;
}
