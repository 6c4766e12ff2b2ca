import { Injectable } from '@nestjs/common';
import { catalogueEntries } from '#metering';
import type { PriceEntry, PriceText } from '#metering';
import type { Page, PriceRow } from '#persistence';
import { Database, deletePrice, loadPrices, putPrice } from '#persistence';
import type { Declaration } from '../models/declaration.js';
import { ModelRegistry } from '../models/model-registry.js';
import { toPageRequest } from './list.js';
import { note } from './note.js';
import type { Actor } from './note.js';
import type { PriceBody } from './price.body.js';
import type { PricesQuery } from './prices.body.js';

/** A price and where it is from. */
export interface ListedPrice extends PriceEntry {
  readonly source: 'file' | 'override' | 'catalogue';
  /** Null: as shipped. */
  readonly updatedAt: Date | null;
}

/** What operators say that models cost, in place of the shipped catalogue. */
@Injectable()
export class PriceAdmin {
  constructor(
    private readonly database: Database,
    private readonly models: ModelRegistry,
  ) {}

  /** By type and model; the file's price stands in place of an override, and that in place of the catalogue's entry. */
  async list(query: PricesQuery): Promise<Page<ListedPrice>> {
    const rows = await this.database.read((queries) => loadPrices(queries));
    const shipped = catalogueEntries().map((entry): ListedPrice => ({
      ...entry,
      source: 'catalogue',
      updatedAt: null,
    }));
    const overrides = rows.map((row) => toListed(row, 'override'));
    const declared = this.declaration.prices.map((row) => toListed(row, 'file'));
    const byName = new Map([...shipped, ...overrides, ...declared].map((entry) => [nameOf(entry), entry]));
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
    this.declaration.guardPrice(type, model);
    const row = await this.database.write(note(actor, 'put', 'price', `${type}/${model}`, body), (queries) =>
      putPrice(queries, type, model, { ...body }),
    );
    await this.models.refresh();
    return toListed(row, 'override');
  }

  async delete(type: string, model: string, actor: Actor): Promise<void> {
    this.declaration.guardPrice(type, model);
    await this.database.write(note(actor, 'delete', 'price', `${type}/${model}`), (queries) =>
      deletePrice(queries, type, model),
    );
    await this.models.refresh();
  }

  private get declaration(): Declaration {
    return this.models.declaration;
  }
}

function toListed(
  { providerType, model, price, updatedAt }: PriceRow,
  source: ListedPrice['source'],
): ListedPrice {
  return { type: providerType, model, price: price as PriceText, source, updatedAt };
}

function nameOf({ type, model }: PriceEntry): string {
  return `${type}/${model}`;
}
