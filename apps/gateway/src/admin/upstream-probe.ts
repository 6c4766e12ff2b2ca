import { Injectable } from '@nestjs/common';
import { DEFAULT_TIMEOUTS, GatewayError } from '#contract';
import type { Provider } from '#contract';
import { findAdapter } from '#providers';
import type { ProviderAdapter } from '#providers';
import { MOST_BYTES, UpstreamClient } from '#upstream';
import type { AccessToken, Exchange } from '#upstream';

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
    const token = this.client.tokens.of(provider, adapter);
    const done = (rest: Omit<Probe, 'latencyMs'>): Probe => ({
      ...rest,
      latencyMs: Math.round(performance.now() - startedAt),
    });
    try {
      const exchange = this.send(adapter, provider, token);
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

  private send(adapter: ProviderAdapter, provider: Provider, token: AccessToken | undefined): Exchange {
    const url = adapter.modelsAddress(provider);
    const { origin, pathname, search } = url;
    const headers = {
      accept: 'application/json',
      ...adapter.authorize(provider.secret),
      ...provider.headers,
    };
    const signed = adapter.sign?.({ method: 'GET', url, headers, body: undefined }, provider, new Date());
    return this.client.send({
      origin,
      path: pathname + search,
      method: 'GET',
      headers: Object.entries({ ...headers, ...signed }).flat(),
      token,
      body: undefined,
      timeouts: TIMEOUTS,
      wholeBytes: MOST_BYTES,
    });
  }
}

type Listed = Readonly<Record<string, unknown>>;

/** Where the list of models stands. */
const LISTS = ['data', 'models', 'publisherModels', 'modelSummaries'];

function readNames(body: Buffer): string[] {
  try {
    const value = JSON.parse(body.toString()) as Listed | readonly Listed[];
    // Together answers with the bare list, Google with one of `models/NAME`, AWS with `modelSummaries`.
    const data = Array.isArray(value)
      ? value
      : LISTS.map((name) => (value as Listed)[name]).find(Array.isArray);
    return ((data ?? []) as readonly Listed[]).flatMap(({ id, name, modelId }) => {
      const given = id ?? modelId ?? name;
      return typeof given === 'string' ? [given.replace(/^(?:publishers\/google\/)?models\//, '')] : [];
    });
  } catch {
    return [];
  }
}

function describe(error: GatewayError): string {
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return code ? `${error.message} (${code})` : error.message;
}
