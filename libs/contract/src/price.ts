/** What a price can be of. */
export type PriceUnit =
  | 'input'
  | 'output'
  | 'cachedInput'
  | 'cacheWrite'
  | 'audioInput'
  | 'audioOutput'
  | 'reasoning'
  | 'image'
  | 'second'
  | 'character'
  | 'request';

/** Nano-dollars for a million units, each a safe integer. A unit that is absent has no price of its own. */
export type Price = { readonly [Unit in PriceUnit]?: number };
