import { Injectable } from '@nestjs/common';
import { catalogueEntries } from '#metering';
import type { PriceEntry, PriceText } from '#metering';
import type { Page, PriceRow } from '#persistence';
import { Database, deletePrice, loadPrices, putPrice } from '#persistence';
import { ModelRegistry } from '../models/model-registry.js';
import { toPageRequest } from './list.js';
import { note } from './note.js';
import type { Actor } from './note.js';
import type { PriceBody } from './price.body.js';
import type { PricesQuery } from './prices.body.js';

/** A price and where it is from. */
export interface ListedPrice extends PriceEntry {
  readonly source: 'override' | 'catalogue';
  /** Null: as shipped. */
  readonly updatedAt: Date | null;
}

/** What an operator says that models cost, in place of the shipped catalogue. */
@Injectable()
export class PriceAdmin {
  constructor(
    private readonly database: Database,
    private readonly models: ModelRegistry,
  ) {}

  /** By type and model; an override stands in place of the catalogue's entry. */
  async list(query: PricesQuery): Promise<Page<ListedPrice>> {
    const rows = await this.database.read((queries) => loadPrices(queries));
    const shipped = catalogueEntries().map((entry): ListedPrice => ({
      ...entry,
      source: 'catalogue',
      updatedAt: null,
    }));
    const byName = new Map([...shipped, ...rows.map(toListed)].map((entry) => [nameOf(entry), entry]));
    const { limit, cursor = '' } = toPageRequest(query);
    const all = [...byName]
      .filter(([name]) => name > cursor)
      .filter(([, { type }]) => query.provider_type === undefined || type === query.provider_type)
      .filter(([, { source }]) => query.source === undefined || source === query.source)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, entry]) => entry);
    return { rows: all.slice(0, limit), hasMore: all.length > limit };
  }

  async put(type: string, model: string, body: PriceBody, actor: Actor): Promise<ListedPrice> {
    const row = await this.database.write(note(actor, 'put', 'price', `${type}/${model}`, body), (queries) =>
      putPrice(queries, type, model, { ...body }),
    );
    await this.models.refresh();
    return toListed(row);
  }

  async delete(type: string, model: string, actor: Actor): Promise<void> {
    await this.database.write(note(actor, 'delete', 'price', `${type}/${model}`), (queries) =>
      deletePrice(queries, type, model),
    );
    await this.models.refresh();
  }
}

function toListed({ providerType, model, price, updatedAt }: PriceRow): ListedPrice {
  return { type: providerType, model, price: price as PriceText, source: 'override', updatedAt };
}

function nameOf({ type, model }: PriceEntry): string {
  return `${type}/${model}`;
}
