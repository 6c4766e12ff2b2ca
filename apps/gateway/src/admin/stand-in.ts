import type { ProviderRow, Queries, SecretBox } from '#persistence';
import { createProvider, findProviderCalled, sealProviderSecrets } from '#persistence';
import type { Declaration } from '../models/declaration.js';

/**
 * The provider that a stored target means. A declared one is not in the database, and targets refer to a row: it gets
 * one that stands in for it, disabled and without a secret, which sleeps as long as the file declares the name.
 */
export async function findOrStandIn(
  queries: Queries,
  nameOrId: string,
  declaration: Declaration,
  box: SecretBox,
): Promise<ProviderRow | null> {
  const declared = declaration.providerNamed(nameOrId) ?? declaration.providerWithId(nameOrId);
  const stored = await findProviderCalled(queries, declared?.name ?? nameOrId);
  if (stored || !declared) return stored;
  const { id, name, type, baseUrl } = declared;
  return createProvider(queries, {
    id,
    name,
    type,
    baseUrl,
    sealed: sealProviderSecrets(box, id, { apiKey: undefined, headers: {} }),
    secretLast4: null,
    timeouts: {},
    enabled: false,
  });
}
