import { assert, maxSafeNat, nat, oneof, pre, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_USAGE } from '#contract';
import type { Price, Usage } from '#contract';
import { PRICE_MEMBERS, printDollars, readDollars, readPrice } from './price-text.js';
import type { PriceMember, PriceText } from './price-text.js';
import { costOf } from './pricing.js';

const GPT: PriceText = { input_per_mtok: '2.50', output_per_mtok: '10', cached_input_per_mtok: '1.25' };

function dollars(usage: Partial<Usage>, text: PriceText): string | null {
  const nanos = costOf({ ...NO_USAGE, ...usage }, readPrice(text) ?? {});
  return nanos === null ? null : printDollars(nanos);
}

describe('what a call costs', () => {
  it.each<[string, Partial<Usage>, PriceText, string | null]>([
    ['tokens both ways', { promptTokens: 1000, completionTokens: 500 }, GPT, '0.0075'],
    ['cached ones at their own price', { promptTokens: 1000, cachedTokens: 400 }, GPT, '0.002'],
    [
      'cached ones at the input price where they have none',
      { promptTokens: 1000, cachedTokens: 400 },
      { input_per_mtok: '2' },
      '0.002',
    ],
    [
      'written ones',
      { promptTokens: 100, cacheWriteTokens: 40 },
      { input_per_mtok: '3', cache_write_per_mtok: '3.75' },
      '0.00033',
    ],
    [
      'written ones at the input price where they have none',
      { promptTokens: 100, cacheWriteTokens: 40 },
      { input_per_mtok: '3' },
      '0.0003',
    ],
    [
      'sound both ways',
      { promptTokens: 100, audioPromptTokens: 90, completionTokens: 50, audioCompletionTokens: 50 },
      {
        input_per_mtok: '2.5',
        output_per_mtok: '10',
        audio_input_per_mtok: '40',
        audio_output_per_mtok: '80',
      },
      '0.007625',
    ],
    [
      'sound at the price of its direction where it has none',
      { promptTokens: 100, audioPromptTokens: 90, completionTokens: 50, audioCompletionTokens: 50 },
      { input_per_mtok: '1', output_per_mtok: '2' },
      '0.0002',
    ],
    [
      'thinking as output',
      { completionTokens: 100, reasoningTokens: 80 },
      { output_per_mtok: '10' },
      '0.001',
    ],
    [
      'thinking at a price of its own',
      { completionTokens: 100, reasoningTokens: 80 },
      { output_per_mtok: '10', reasoning_per_mtok: '5' },
      '0.0006',
    ],
    [
      'what is billed, where that is not what was counted',
      {
        promptTokens: 507,
        cachedTokens: 448,
        completionTokens: 10,
        billed: { promptTokens: 12, completionTokens: 7, requests: 1 },
      },
      GPT,
      '0.0001',
    ],
    [
      'as many requests as it was',
      { billed: { promptTokens: 0, completionTokens: 0, requests: 3 } },
      { per_request: '0.002' },
      '0.006',
    ],
    [
      'requests that have no price, and nothing else',
      { billed: { promptTokens: 0, completionTokens: 0, requests: 3 } },
      GPT,
      null,
    ],
    ['images', { images: 3 }, { per_image: '0.04' }, '0.12'],
    [
      'images and their tokens',
      { images: 2, promptTokens: 10 },
      { per_image: '0.01', input_per_mtok: '5' },
      '0.02005',
    ],
    ['seconds', { audioSeconds: 9 }, { per_second: '0.0001' }, '0.0009'],
    ['parts of seconds', { audioSeconds: 6.5 }, { per_second: '0.0001' }, '0.00065'],
    ['characters', { characters: 11 }, { per_character: '0.000015' }, '0.000165'],
    ['the request', {}, { per_request: '0.01' }, '0.01'],
    ['the request beside tokens that have no price', { promptTokens: 9 }, { per_request: '0.01' }, '0.01'],
    ['nothing: free', {}, { per_request: '0' }, '0'],
    ['nothing that was used', {}, GPT, '0'],
    [
      'a price of zero',
      { promptTokens: 7, completionTokens: 7 },
      { input_per_mtok: '0', output_per_mtok: '0' },
      '0',
    ],
    ['output without a price', { promptTokens: 1, completionTokens: 1 }, { input_per_mtok: '1' }, null],
    ['input without a price', { promptTokens: 1, completionTokens: 1 }, { output_per_mtok: '1' }, null],
    ['images without a price', { images: 1 }, GPT, null],
    ['tokens where images have a price', { promptTokens: 5 }, { per_image: '1' }, null],
    ['seconds without a price', { audioSeconds: 1 }, { per_character: '1' }, null],
    [
      'more parts than there are: no more than the whole',
      { promptTokens: 10, cachedTokens: 99 },
      GPT,
      '0.0000125',
    ],
  ])('%s', (_, usage, text, expected) => {
    expect(dollars(usage, text)).toBe(expected);
  });

  it.each([
    [1, '0.000499', 0],
    [1, '0.0005', 1],
    [3, '0.0005', 2],
    [1, '0.001499999', 1],
  ])('%d tokens at %s are rounded once, half up, to %d', (promptTokens, input_per_mtok, nanos) => {
    expect(costOf({ ...NO_USAGE, promptTokens }, readPrice({ input_per_mtok }) ?? {})).toBe(nanos);
  });

  it('is exact where numbers are not', () => {
    const price = readPrice({ input_per_mtok: '1234567.123456789', output_per_mtok: '0.000000001' });
    const usage = { ...NO_USAGE, promptTokens: 7_290_001, completionTokens: 999 };
    const exact = (1_234_567_123_456_789n * 7_290_001n + 999n + 500_000n) / 1_000_000n;
    expect(BigInt(costOf(usage, price ?? {}) ?? 0)).toBe(exact);
    const most = { ...NO_USAGE, promptTokens: 2 ** 31 - 1 };
    expect(costOf(most, { input: Number.MAX_SAFE_INTEGER })).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('by property', () => {
  const count = nat(2 ** 31 - 1);
  const amount = oneof(nat(100_000_000_000), maxSafeNat());
  const usages = record({
    promptTokens: count,
    completionTokens: count,
    characters: count,
    images: count,
  });

  it('a cost is the exact sum, rounded once, whatever the size', () => {
    assert(
      property(usages, amount, amount, amount, amount, (usage, input, output, character, image) => {
        const price: Price = { input, output, character, image };
        const sum =
          BigInt(usage.promptTokens) * BigInt(input) +
          BigInt(usage.completionTokens) * BigInt(output) +
          BigInt(usage.characters) * BigInt(character) +
          BigInt(usage.images) * BigInt(image);
        const most = BigInt(Number.MAX_SAFE_INTEGER);
        const exact = (sum + 500_000n) / 1_000_000n;
        expect(costOf({ ...NO_USAGE, ...usage }, price)).toBe(Number(exact > most ? most : exact));
      }),
      { numRuns: 2_000 },
    );
  });

  it('what is printed is what was read', () => {
    assert(
      property(nat(9_000_000), nat(999_999_999), (whole, fraction) => {
        const nanos = BigInt(whole) * 1_000_000_000n + BigInt(fraction);
        const text = printDollars(nanos);
        pre(nanos <= 9_000_000_000_000_000n);
        expect(readDollars('input_per_mtok', text)).toBe(Number(nanos));
      }),
    );
  });
});

describe('a price as text', () => {
  it.each<[PriceMember, string, number]>([
    ['input_per_mtok', '2.50', 2_500_000_000],
    ['input_per_mtok', '0', 0],
    ['input_per_mtok', '9000000', 9_000_000_000_000_000],
    ['output_per_mtok', '0.000000001', 1],
    ['per_image', '0.04', 40_000_000_000_000],
    ['per_character', '0.000015', 15_000_000_000],
    ['per_character', '0.000000000000001', 1],
    ['per_request', '9', 9_000_000_000_000_000],
  ])('%s %s is %d', (name, text, expected) => {
    expect(readDollars(name, text)).toBe(expected);
  });

  it.each<[PriceMember, string]>([
    ['input_per_mtok', ''],
    ['input_per_mtok', '-1'],
    ['input_per_mtok', '+1'],
    ['input_per_mtok', '1e3'],
    ['input_per_mtok', '1.'],
    ['input_per_mtok', '.5'],
    ['input_per_mtok', ' 1'],
    ['input_per_mtok', '1,5'],
    ['input_per_mtok', '0x1'],
    ['input_per_mtok', 'NaN'],
    ['input_per_mtok', '1\n'],
    ['input_per_mtok', '0.0000000001'],
    ['input_per_mtok', '9000000.000000001'],
    ['input_per_mtok', '99999999'],
    ['per_image', '9.000000000000001'],
    ['per_image', '0.0000000000000001'],
  ])('%s %j is none', (name, text) => {
    expect(readDollars(name, text)).toBeUndefined();
  });

  it('has a unit for every member, each once, and knows when it is empty', () => {
    const units = Object.values(PRICE_MEMBERS).map(({ unit }) => unit);
    expect(new Set(units).size).toBe(units.length);
    expect(readPrice({})).toBeUndefined();
    expect(readPrice({ per_image: '1', input_per_mtok: '2' })).toEqual({
      image: 10 ** 15,
      input: 2 * 10 ** 9,
    });
  });

  it.each<[number | bigint, string]>([
    [0, '0'],
    [1, '0.000000001'],
    [123_000, '0.000123'],
    [1_500_000_000, '1.5'],
    [10n ** 18n, '1000000000'],
  ])('%d nano-dollars are %s', (nanos, text) => {
    expect(printDollars(nanos)).toBe(text);
  });
});
