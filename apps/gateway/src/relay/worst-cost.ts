import { GatewayError } from '#contract';
import type { Price, Target } from '#contract';
import type { CallBound } from './call-bound.js';

/** Prices are for so many units. */
const UNITS = 1_000_000;
/** What an image of any size is read as, in tokens; and by the models that count it as many more. */
const IMAGE_TOKENS = 17_000;
const MANY_IMAGE_TOKENS = 50_000;
const COUNTS_MANY = /gpt-4o-mini/;

/** The dearest that each unit of a target may be. */
interface WorstPrices {
  readonly isOfTokens: boolean;
  readonly input: number | undefined;
  readonly output: number | undefined;
  /** Where there is sound among it. */
  readonly heard: number | undefined;
  readonly spoken: number | undefined;
  readonly imageTokens: number;
}

const pricesOf = new WeakMap<Target, WorstPrices>();

/**
 * The most that a call can cost at a target, in nano-dollars, rounded up.
 *
 * @throws GatewayError `model_unpriced` where nobody knows
 */
export function worstCost(bound: CallBound, target: Target): number {
  const { price } = target;
  if (!price) throw unpriced(target, 'it has no price');
  if (bound.repricedBy !== undefined)
    throw unpriced(target, `it has no price of its own for calls with '${bound.repricedBy}'`);
  if (bound.rounds === Infinity)
    throw unpriced(
      target,
      'the provider runs tools in the call, and nothing bounds how often (max_tool_calls, or max_uses of each)',
    );
  let known = pricesOf.get(target);
  if (!known) pricesOf.set(target, (known = findPrices(price, target.model)));
  const units = costOfUnits(bound, price);
  if (!known.isOfTokens) {
    if (units === undefined) throw unpriced(target, 'it has no price for this kind of call');
    return toNanos(units);
  }
  return toNanos((units ?? 0) + costOfTokens(bound, target, known));
}

function findPrices(price: Price, model: string): WorstPrices {
  const { input, output, cachedInput, cacheWrite, audioInput, audioOutput, reasoning } = price;
  const read = dearest(input, cachedInput, cacheWrite);
  const written = dearest(output, reasoning);
  return {
    isOfTokens: dearest(read, written, audioInput, audioOutput) !== undefined,
    input: read,
    output: written,
    heard: dearest(read, audioInput),
    spoken: dearest(written, audioOutput),
    imageTokens: COUNTS_MANY.test(model) ? MANY_IMAGE_TOKENS : IMAGE_TOKENS,
  };
}

function dearest(...prices: readonly (number | undefined)[]): number | undefined {
  const known = prices.filter((price) => price !== undefined);
  return known.length > 0 ? Math.max(...known) : undefined;
}

/** What is paid by the piece; undefined: nothing of it has a price. */
function costOfUnits(
  { images, audioSeconds, characters, requests }: CallBound,
  price: Price,
): number | undefined {
  const units: readonly (readonly [number, number | undefined])[] = [
    [requests, price.request],
    [images, price.image],
    [audioSeconds, price.second],
    [characters, price.character],
  ];
  const charged = units.filter(([amount, each]) => amount > 0 && each !== undefined);
  if (charged.length === 0) return undefined;
  return charged.reduce((sum, [amount, each]) => sum + amount * (each ?? 0), 0);
}

function costOfTokens(bound: CallBound, target: Target, prices: WorstPrices): number {
  const [input, output] = bound.hasSound ? [prices.heard, prices.spoken] : [prices.input, prices.output];
  const read = bound.rounds * promptOf(bound, target, prices.imageTokens);
  const written = bound.rounds * bound.answers * answerOf(bound, target);
  if ((read > 0 && input === undefined) || (written > 0 && output === undefined))
    throw unpriced(target, 'it has no price for some of the tokens');
  return read * (input ?? 0) + written * (output ?? 0);
}

/** A prompt whose length the body does not tell is no longer than what the model can read. */
function promptOf(
  { promptTokens, seenImages, isUnbounded }: CallBound,
  target: Target,
  imageTokens: number,
): number {
  const told = promptTokens + seenImages * imageTokens;
  if (!isUnbounded) return told;
  if (target.contextWindow === undefined)
    throw unpriced(
      target,
      'the call names what is not in it, and the model has no capabilities.context_window',
    );
  return Math.max(told, target.contextWindow);
}

function answerOf({ answerTokens, predictedTokens }: CallBound, target: Target): number {
  const most = answerTokens ?? target.maxOutputTokens ?? target.contextWindow;
  if (most === undefined)
    throw unpriced(
      target,
      'the call does not bound its answer (max_tokens), and the model has no capabilities.max_output_tokens',
    );
  return most + predictedTokens;
}

/** One more than what floating point may have rounded off. */
function toNanos(millionths: number): number {
  const nanos = Math.ceil(millionths / UNITS);
  if (nanos < Number.MAX_SAFE_INTEGER / UNITS) return nanos;
  return Math.min(nanos + 1, Number.MAX_SAFE_INTEGER);
}

function unpriced({ provider, model }: Target, why: string): GatewayError {
  return new GatewayError('model_unpriced', {
    param: 'model',
    message: `A strict budget refuses the call, since nobody knows what it may cost at '${provider.name}', model '${model}': ${why}.`,
  });
}
