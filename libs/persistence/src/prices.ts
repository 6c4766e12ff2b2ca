import type { Queries } from './database.js';
import type { Price, Prisma } from './generated/client.js';

export type { Price as PriceRow } from './generated/client.js';

/** Every price that an operator has set, for the snapshot. */
export function loadPrices(queries: Queries): Promise<Price[]> {
  return queries.price.findMany();
}

export function putPrice(
  queries: Queries,
  providerType: string,
  model: string,
  price: Prisma.InputJsonObject,
): Promise<Price> {
  return queries.price.upsert({
    where: { providerType_model: { providerType, model } },
    create: { providerType, model, price },
    update: { price },
  });
}

export function deletePrice(queries: Queries, providerType: string, model: string): Promise<Price> {
  return queries.price.delete({ where: { providerType_model: { providerType, model } } });
}
