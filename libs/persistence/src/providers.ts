import type { Queries } from './database.js';
import type { Prisma, Provider } from './generated/client.js';
import type { Page, PageRequest } from './page.js';
import { cutPage, pageQuery } from './page.js';
import { versionOf } from './secret-box.js';
import type { SecretBox } from './secret-box.js';
import { holdVersion } from './secret-keys.js';

export type { Provider as ProviderRow } from './generated/client.js';
export type NewProvider = Omit<Prisma.ProviderCreateInput, 'createdAt' | 'updatedAt' | 'targets'>;
export type ProviderChange = Omit<Prisma.ProviderUpdateInput, 'targets'>;

/** What is encrypted of a provider: its credential, and its headers, since those may carry one. */
export interface ProviderSecrets {
  readonly apiKey: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export function placeOfProvider(id: string): string {
  return `provider:${id}`;
}

export function sealProviderSecrets(box: SecretBox, id: string, secrets: ProviderSecrets) {
  return box.seal(Buffer.from(JSON.stringify(secrets)), placeOfProvider(id));
}

export function openProviderSecrets(box: SecretBox, row: Provider): ProviderSecrets {
  return JSON.parse(box.open(row.sealed, placeOfProvider(row.id)).toString()) as ProviderSecrets;
}

/** Every provider, for the snapshot. */
export function loadProviders(queries: Queries): Promise<Provider[]> {
  return queries.provider.findMany();
}

export function findProvider(queries: Queries, id: string): Promise<Provider | null> {
  return queries.provider.findUnique({ where: { id } });
}

/** By name or id. */
export function findProviderCalled(queries: Queries, nameOrId: string): Promise<Provider | null> {
  return queries.provider.findFirst({ where: { OR: [{ name: nameOrId }, { id: nameOrId }] } });
}

/** All but those of the names `except`. */
export async function listProviders(
  queries: Queries,
  page: PageRequest,
  except: readonly string[] = [],
): Promise<Page<Provider>> {
  const where = { name: { notIn: [...except] } };
  return cutPage(await queries.provider.findMany({ ...pageQuery(page), where }), page);
}

export async function createProvider(queries: Queries, provider: NewProvider): Promise<Provider> {
  await holdVersion(queries, 'secrets', versionOf(provider.sealed) ?? 0);
  return queries.provider.create({ data: provider });
}

export async function updateProvider(
  queries: Queries,
  id: string,
  change: ProviderChange,
): Promise<Provider> {
  if (change.sealed instanceof Uint8Array)
    await holdVersion(queries, 'secrets', versionOf(change.sealed) ?? 0);
  return queries.provider.update({ where: { id }, data: change });
}

export function deleteProvider(queries: Queries, id: string): Promise<Provider> {
  return queries.provider.delete({ where: { id } });
}
