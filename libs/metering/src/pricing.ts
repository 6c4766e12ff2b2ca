import type { Price, Usage } from '#contract';

/** Prices are for so many units. */
const UNITS = 1_000_000;
/** A number from here on may not be the one that was meant. */
const UNSAFE = 2 ** 53;
/** Nano-dollars: nobody's call costs nine million dollars, and Postgres' bigint holds a sum of a thousand such. */
const MOST_NANOS = Number.MAX_SAFE_INTEGER;
/** Seconds are counted in millionths where they are no integer. */
const PARTS_OF_A_SECOND = 1_000_000;

/** How much was used of a unit, and its price. */
type Charge = readonly [amount: number, price: number];

/**
 * What a call costs, in nano-dollars, rounded once, half up. Null: it used something that has no price.
 *
 * A product of a price and an amount is a cost in millionths of a nano-dollar. Safe integers hold the sum up to nine
 * dollars: below 2^53 every product and every partial sum is exact, and none that is not can come out below it, since
 * rounding never crosses a number that can be represented. Whatever is more goes the slow, exact way.
 */
export function costOf(usage: Usage, price: Price): number | null {
  const charges = chargesOf(paidOf(usage), price);
  if (!charges) return null;
  let sum = 0;
  let isWhole = true;
  for (const [amount, each] of charges) {
    sum += amount * each;
    isWhole &&= Number.isInteger(amount);
  }
  if (!isWhole || sum >= UNSAFE - UNITS) return exactCostOf(charges);
  return Math.floor((sum + UNITS / 2) / UNITS);
}

function exactCostOf(charges: readonly Charge[]): number {
  let sum = 0n;
  for (const [amount, each] of charges) {
    const parts = Math.round(amount * PARTS_OF_A_SECOND);
    // A count is an integer, and its millionths may be too many for a number.
    const exact = Number.isInteger(amount) ? BigInt(amount) * BigInt(PARTS_OF_A_SECOND) : BigInt(parts);
    sum += exact * BigInt(each);
  }
  const unit = BigInt(UNITS) * BigInt(PARTS_OF_A_SECOND);
  const nanos = (sum + unit / 2n) / unit;
  return nanos > BigInt(MOST_NANOS) ? MOST_NANOS : Number(nanos);
}

/** Tokens that are not what was counted have no parts: nobody says which of them came from a cache. */
function paidOf(usage: Usage): Usage {
  if (!usage.billed) return usage;
  const { promptTokens, completionTokens } = usage.billed;
  return {
    ...usage,
    promptTokens,
    completionTokens,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    audioPromptTokens: 0,
    audioCompletionTokens: 0,
  };
}

/** Undefined: a unit that was used has no price, and nothing else says what the call costs. */
function chargesOf(usage: Usage, price: Price): Charge[] | undefined {
  const charges: Charge[] = [];
  if (price.request !== undefined) charges.push([usage.billed?.requests ?? 1, price.request]);
  for (const [amount, each] of unitsOf(usage, price)) {
    if (amount > 0 && each !== undefined) charges.push([amount, each]);
  }
  if (!isOfTokens(price)) return charges.length > 0 ? charges : undefined;
  if (usage.promptTokens > 0 || usage.completionTokens > 0)
    return chargeTokens(usage, price, charges) ? charges : undefined;
  return charges.length > 0 || isNothing(usage) ? charges : undefined;
}

function unitsOf(usage: Usage, price: Price): (readonly [number, number | undefined])[] {
  return [
    [usage.images, price.image],
    [usage.audioSeconds, price.second],
    [usage.characters, price.character],
  ];
}

function isOfTokens(price: Price): boolean {
  const { input, output, cachedInput, cacheWrite, audioInput, audioOutput, reasoning } = price;
  const first = input ?? output ?? cachedInput ?? cacheWrite ?? audioInput ?? audioOutput ?? reasoning;
  return first !== undefined;
}

function isNothing({ images, audioSeconds, characters, billed }: Usage): boolean {
  return images === 0 && audioSeconds === 0 && characters === 0 && !billed?.requests;
}

/** Of the parts of a prompt and of a completion, each at its own price. False: one that was used has none. */
function chargeTokens(usage: Usage, price: Price, charges: Charge[]): boolean {
  const { input, output } = price;
  return (
    charge(charges, usage.promptTokens, input, [
      [usage.cachedTokens, price.cachedInput],
      [usage.cacheWriteTokens, price.cacheWrite],
      [usage.audioPromptTokens, price.audioInput],
    ]) &&
    charge(charges, usage.completionTokens, output, [
      [usage.audioCompletionTokens, price.audioOutput],
      [usage.reasoningTokens, price.reasoning],
    ])
  );
}

/** Parts never come to more than the whole, whatever an upstream tells. */
function charge(
  charges: Charge[],
  whole: number,
  price: number | undefined,
  parts: readonly (readonly [number, number | undefined])[],
): boolean {
  let rest = whole;
  for (const [count, own] of parts) {
    if (own === undefined || count === 0) continue;
    const amount = Math.min(count, rest);
    rest -= amount;
    charges.push([amount, own]);
  }
  if (rest === 0) return true;
  if (price !== undefined) charges.push([rest, price]);
  return price !== undefined;
}
