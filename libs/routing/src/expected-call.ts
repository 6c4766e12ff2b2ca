import type { Price, Usage } from '#contract';

/** What a call will probably use: an estimate is enough to compare targets by. */
export type ExpectedUsage = Pick<
  Usage,
  'promptTokens' | 'completionTokens' | 'images' | 'audioSeconds' | 'characters'
>;

/** What strategies ask of a call. */
export interface ExpectedCall {
  readonly streamed: boolean;
  /** Asked for by the strategies that need it, and by no other. */
  expectedUsage(): ExpectedUsage;
}

/** Prices are for so many units. */
const UNITS = 1_000_000;

/** What the call would cost, in nano-dollars; undefined: something that it uses has no price. */
export function expectedCost(usage: ExpectedUsage, price: Price | undefined): number | undefined {
  if (!price) return undefined;
  const isOfTokens = price.input !== undefined || price.output !== undefined;
  const amounts: readonly (readonly [number, number | undefined])[] = isOfTokens
    ? [
        [usage.promptTokens, price.input],
        [usage.completionTokens, price.output],
      ]
    : [];
  if (amounts.some(([amount, each]) => amount > 0 && each === undefined)) return undefined;
  const units: readonly (readonly [number, number | undefined])[] = [
    ...amounts,
    [usage.images, price.image],
    [usage.audioSeconds, price.second],
    [usage.characters, price.character],
    [1, price.request],
  ];
  const charged = units.filter(([amount, each]) => amount > 0 && each !== undefined);
  if (charged.length === 0) return undefined;
  return charged.reduce((sum, [amount, each]) => sum + (amount * (each ?? 0)) / UNITS, 0);
}
