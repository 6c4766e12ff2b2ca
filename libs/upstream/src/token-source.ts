import type { Provider } from '#contract';
import type { ProviderAdapter } from '#providers';
import { AccessToken } from './access-token.js';
import type { UpstreamClient } from './upstream-client.js';

/** The tokens of all providers that need one, each asked for once for all of its models and calls. */
export class TokenSource {
  /** By provider, whose secret may change. */
  private readonly tokens = new Map<
    string,
    { readonly secret: string | undefined; readonly token: AccessToken }
  >();

  /** @param clock in milliseconds since 1970 */
  constructor(
    private readonly client: Pick<UpstreamClient, 'send'>,
    private readonly clock: () => number = Date.now,
  ) {}

  /** Undefined: the provider's secret authorizes as it is, or its operator says how in a header. */
  of(
    { id, secret, headers }: Provider,
    { tokenGrant }: Pick<ProviderAdapter, 'tokenGrant'>,
  ): AccessToken | undefined {
    if (!tokenGrant || 'authorization' in headers) return undefined;
    const known = this.tokens.get(id);
    if (known?.secret === secret) return known?.token;
    const grant = tokenGrant(secret);
    if (!grant) return undefined;
    const token = new AccessToken(this.client, grant, this.clock);
    this.tokens.set(id, { secret, token });
    return token;
  }
}
