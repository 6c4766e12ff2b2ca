import type { Price, PriceUnit } from '#contract';

/** The members of a price as the admin API writes them; the digits of a dollar's fraction, and the most dollars. */
export const PRICE_MEMBERS = {
  input_per_mtok: member('input', 'tokens'),
  output_per_mtok: member('output', 'tokens'),
  cached_input_per_mtok: member('cachedInput', 'tokens'),
  cache_write_per_mtok: member('cacheWrite', 'tokens'),
  audio_input_per_mtok: member('audioInput', 'tokens'),
  audio_output_per_mtok: member('audioOutput', 'tokens'),
  reasoning_per_mtok: member('reasoning', 'tokens'),
  per_image: member('image', 'single'),
  per_second: member('second', 'single'),
  per_character: member('character', 'single'),
  per_request: member('request', 'single'),
} as const;

export type PriceMember = keyof typeof PRICE_MEMBERS;

/** A price as decimal strings of US dollars, for a million tokens or for one of anything else. */
export type PriceText = { readonly [Member in PriceMember]?: string };

interface MemberFacts {
  readonly unit: PriceUnit;
  /** Digits behind the point that can be kept. */
  readonly digits: number;
  /** In dollars: the integer that it becomes is safe. */
  readonly most: number;
}

function member(unit: PriceUnit, of: 'tokens' | 'single'): MemberFacts {
  return of === 'tokens' ? { unit, digits: 9, most: 9_000_000 } : { unit, digits: 15, most: 9 };
}

/** The nano-dollars for a million that a text means, exactly; undefined: it is no such price. */
export function readDollars(name: PriceMember, text: string): number | undefined {
  const { digits, most } = PRICE_MEMBERS[name];
  const [, whole, fraction = ''] = /^(\d{1,7})(?:\.(\d{1,15}))?$/.exec(text) ?? [];
  if (whole === undefined || fraction.length > digits) return undefined;
  const value = Number(whole + fraction.padEnd(digits, '0'));
  return value <= most * 10 ** digits ? value : undefined;
}

/** The nano-dollars that a text means, up to nine million dollars; undefined: it is no such amount. */
export function readNanos(text: string): number | undefined {
  // A price for a million tokens is kept in the same unit.
  return readDollars('input_per_mtok', text);
}

/** @param text one whose members are valid @returns undefined where it has none */
export function readPrice(text: PriceText): Price | undefined {
  const price: { [Unit in PriceUnit]?: number } = {};
  for (const [name, value] of Object.entries(text)) {
    const facts = PRICE_MEMBERS[name as PriceMember] as MemberFacts | undefined;
    const amount = facts && typeof value === 'string' ? readDollars(name as PriceMember, value) : undefined;
    if (facts && amount !== undefined) price[facts.unit] = amount;
  }
  return Object.keys(price).length > 0 ? price : undefined;
}

const NANOS = 1_000_000_000n;

/** Nano-dollars as a decimal string of US dollars: `0.000123`, no digit more than there is. */
export function printDollars(nanos: number | bigint): string {
  const value = BigInt(nanos);
  const fraction = String(value % NANOS)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return fraction === '' ? String(value / NANOS) : `${value / NANOS}.${fraction}`;
}
