import { GatewayError } from '#contract';
import type { ProviderSecrets, SecretBox } from '#persistence';
import { sealProviderSecrets } from '#persistence';
import { findAdapter } from '#providers';
import type { CreateProviderBody } from './providers.body.js';

/** A provider's row, as it is asked for. @throws GatewayError */
export function providerFields(box: SecretBox, id: string, body: CreateProviderBody) {
  const { name, type, base_url, api_key, headers, timeouts, max_parallel, enabled = true } = body;
  return {
    id,
    name,
    type,
    baseUrl: baseUrlOf(type, base_url),
    ...sealFields(box, id, { apiKey: api_key ?? undefined, headers: lowerCased(headers) }),
    timeouts: { ...timeouts },
    maxParallel: max_parallel ?? null,
    enabled,
  };
}

/** What is kept of a provider's secrets. */
export function sealFields(box: SecretBox, id: string, secrets: ProviderSecrets) {
  return {
    sealed: sealProviderSecrets(box, id, secrets),
    secretLast4: secrets.apiKey === undefined ? null : lastFour(secrets.apiKey),
  };
}

/** @throws GatewayError where the type has no address of its own */
export function baseUrlOf(type: string, given: string | undefined): string {
  const url = given ?? findAdapter(type)?.defaultBaseUrl;
  if (url === undefined) {
    const message = `A provider of type '${type}' needs a base_url.`;
    throw new GatewayError('missing_required_parameter', { param: 'base_url', message });
  }
  return url.replace(/\/+$/, '');
}

/** By one spelling of its name, an operator's header stands in place of the gateway's own instead of beside it. */
export function lowerCased(headers: Record<string, string> | null | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** Of a short secret, four characters would be most of it; those at the end of a key in JSON tell nothing. */
function lastFour(secret: string): string {
  return secret.length >= 12 && !secret.trimEnd().endsWith('}') ? secret.slice(-4) : '****';
}
