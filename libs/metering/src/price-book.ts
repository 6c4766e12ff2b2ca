import { readFileSync } from 'node:fs';
import type { Price } from '#contract';
import { readPrice } from './price-text.js';
import type { PriceText } from './price-text.js';

/** A price that is known of a provider type's model. */
export interface PriceEntry {
  readonly type: string;
  /** The upstream's own name; a dated name (`gpt-4o-2024-11-20`) that has no entry has that of its prefix. */
  readonly model: string;
  readonly price: PriceText;
}

interface Catalogue {
  /** The day of the price lists. */
  readonly as_of: string;
  /** Provider types whose prices are of a later day. */
  readonly later: Readonly<Record<string, string>>;
  readonly source: string;
  /** Provider types that sell the models of others. */
  readonly same_as: Readonly<Record<string, readonly string[]>>;
  readonly prices: Readonly<Record<string, Readonly<Record<string, PriceText>>>>;
}

/** What the project ships. */
export const CATALOGUE = JSON.parse(
  readFileSync(new URL('./catalogue.json', import.meta.url), 'utf8'),
) as Catalogue;

/** Every entry of the catalogue. */
export function catalogueEntries(): PriceEntry[] {
  return Object.entries(CATALOGUE.prices).flatMap(([type, models]) =>
    Object.entries(models).map(([model, price]) => ({ type, model, price })),
  );
}

/** What stands behind the name of a model for one of its versions. */
const VERSION = /[-@](?:\d{4}-\d{2}-\d{2}|\d{2}-\d{4}|\d{8}|\d{6}|\d{4}|\d{3}|latest)$/;

/** What models cost, by provider type and upstream model: an operator's prices before those of the catalogue. */
export class PriceBook {
  private readonly own: ReadonlyMap<string, Price>;

  constructor(overrides: readonly PriceEntry[]) {
    this.own = indexOf(overrides);
  }

  find(type: string, model: string): Price | undefined {
    return findIn(this.own, type, model) ?? findIn(shipped(), type, model) ?? findElsewhere(type, model);
  }
}

let catalogue: ReadonlyMap<string, Price> | undefined;

function shipped(): ReadonlyMap<string, Price> {
  return (catalogue ??= indexOf(catalogueEntries()));
}

/** Whoever sells others' models may put the maker before their names: `anthropic/claude-sonnet-4-5`. */
function findElsewhere(type: string, model: string): Price | undefined {
  const name = model.slice(model.lastIndexOf('/') + 1);
  const others = Object.hasOwn(CATALOGUE.same_as, type) ? (CATALOGUE.same_as[type] ?? []) : [];
  return others.map((other) => findIn(shipped(), other, name)).find((price) => price !== undefined);
}

/** The name itself, or the longest one of which it is a version. */
function findIn(prices: ReadonlyMap<string, Price>, type: string, model: string): Price | undefined {
  const exact = prices.get(keyOf(type, model));
  if (exact) return exact;
  const version = VERSION.exec(model);
  return version ? prices.get(keyOf(type, model.slice(0, version.index))) : undefined;
}

function indexOf(entries: readonly PriceEntry[]): ReadonlyMap<string, Price> {
  return new Map(
    entries.flatMap(({ type, model, price }) => {
      const read = readPrice(price);
      return read ? [[keyOf(type, model), read] as const] : [];
    }),
  );
}

function keyOf(type: string, model: string): string {
  return `${type}/${model}`;
}
