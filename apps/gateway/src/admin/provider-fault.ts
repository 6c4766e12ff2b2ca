import { findAdapter } from '#providers';
import type { ProviderFault } from '#providers';

/** Where a provider is to live, and what it is shown. */
export interface ProviderSetup {
  readonly type: string;
  /** Undefined: the type's own address. */
  readonly baseUrl: string | undefined;
  readonly secret: string | undefined;
}

/** What the parts of a provider say of each other that cannot work; undefined: nothing is seen to be wrong. */
export function faultOfProvider({ type, baseUrl, secret }: ProviderSetup): ProviderFault | undefined {
  const adapter = findAdapter(type);
  const url = baseUrl ?? adapter?.defaultBaseUrl;
  if (!adapter || url === undefined) return undefined;
  // It would stand in a header.
  if (!adapter.tokenGrant && secret !== undefined && /\s/.test(secret)) {
    return { param: 'api_key', message: 'must be visible ASCII' };
  }
  return adapter.fault?.({ baseUrl: url, secret });
}
