import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS } from '#contract';
import type { Price, Target } from '#contract';
import type { CallBound } from './call-bound.js';
import { worstCost } from './worst-cost.js';

const provider = { id: 'p', name: 'paid', type: 'x', baseUrl: 'http://x', secret: undefined, headers: {} };
const targetOf = (price: Price | undefined, rest: Partial<Target> = {}): Target => ({
  provider,
  model: 'some',
  priority: 0,
  timeouts: DEFAULT_TIMEOUTS,
  price,
  ...rest,
});
const MILLION = 1_000_000;
/** Nano-dollars for one. */
const each = (prices: Price): Price =>
  Object.fromEntries(Object.entries(prices).map(([unit, nanos]) => [unit, nanos * MILLION]));
const bound = (rest: Partial<CallBound> = {}): CallBound => ({
  promptTokens: 100,
  seenImages: 0,
  isUnbounded: false,
  rounds: 1,
  answers: 1,
  answerTokens: 10,
  predictedTokens: 0,
  images: 0,
  audioSeconds: 0,
  characters: 0,
  requests: 1,
  hasSound: false,
  repricedBy: undefined,
  ...rest,
});

describe('the most that a call can cost', () => {
  it.each<[string, Price, Partial<CallBound>, Partial<Target>, number]>([
    ['its tokens', { input: 2, output: 5 }, {}, {}, 250],
    ['each answer', { input: 2, output: 5 }, { answers: 3 }, {}, 350],
    [
      'at the dearest that its tokens may be',
      { input: 2, cacheWrite: 3, cachedInput: 1, output: 5, reasoning: 7 },
      {},
      {},
      370,
    ],
    [
      'of sound, where there is any',
      { input: 2, output: 5, audioInput: 20, audioOutput: 50 },
      { hasSound: true },
      {},
      2_500,
    ],
    [
      'and of none, where there is none',
      { input: 2, output: 5, audioInput: 20, audioOutput: 50 },
      {},
      {},
      250,
    ],
    [
      'by the model’s longest answer',
      { input: 2, output: 5 },
      { answerTokens: undefined },
      { maxOutputTokens: 100, contextWindow: 1_000 },
      700,
    ],
    [
      'or by its window',
      { input: 2, output: 5 },
      { answerTokens: undefined },
      { contextWindow: 1_000 },
      5_200,
    ],
    [
      'what it names, by the window',
      { input: 2, output: 5 },
      { isUnbounded: true },
      { contextWindow: 1_000 },
      2_050,
    ],
    [
      'and no less than it has itself',
      { input: 2, output: 5 },
      { isUnbounded: true },
      { contextWindow: 10 },
      250,
    ],
    [
      'as often as it reads and writes',
      { input: 2, output: 5 },
      { isUnbounded: true, rounds: 3 },
      { contextWindow: 1_000 },
      3 * 2_050,
    ],
    ['what was predicted in vain', { input: 2, output: 5 }, { predictedTokens: 20 }, {}, 350],
    ['its images', { input: 2, output: 5 }, { seenImages: 2 }, {}, 250 + 2 * 2 * 17_000],
    [
      'which some read as more',
      { input: 2, output: 5 },
      { seenImages: 1 },
      { model: 'openai/gpt-4o-mini' },
      250 + 2 * 50_000,
    ],
    ['the call itself', { input: 2, output: 5, request: 1_000 }, {}, {}, 1_250],
    ['nothing but the call', { request: 1_000 }, { requests: 3, answerTokens: undefined }, {}, 3_000],
    ['images', { image: 40 }, { images: 3 }, {}, 120],
    ['characters', { character: 3 }, { characters: 7 }, {}, 21],
    ['seconds', { second: 3 }, { audioSeconds: 1.5 }, {}, 5],
    ['nothing, where it is for nothing', { input: 0, output: 0 }, {}, {}, 0],
    ['an embedding, which has no answer', { input: 2 }, { answerTokens: 0 }, {}, 200],
  ])('is %s', (_, price, asked, target, nanos) => {
    expect(worstCost(bound(asked), targetOf(each(price), target))).toBe(nanos);
  });

  it('is rounded up, and a number that can be counted', () => {
    expect(worstCost(bound({ promptTokens: 1, answerTokens: 0 }), targetOf({ input: 1, output: 1 }))).toBe(1);
    const dear = targetOf({ input: Number.MAX_SAFE_INTEGER });
    expect(worstCost(bound({ promptTokens: 1e9, answerTokens: 0 }), dear)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each<[string, Price | undefined, Partial<CallBound>, RegExp]>([
    ['without a price', undefined, {}, /'paid', model 'some': it has no price/],
    ['with a price of something else', { image: 1 }, {}, /no price for this kind of call/],
    ['with a price of prompts alone', { input: 1 }, {}, /no price for some of the tokens/],
    [
      'of which it is not known how much it writes',
      { input: 1, output: 1 },
      { answerTokens: undefined },
      /max_output_tokens/,
    ],
    [
      'of which it is not known how much it reads',
      { input: 1, output: 1 },
      { isUnbounded: true },
      /context_window/,
    ],
    ['that runs tools as it likes', { input: 1, output: 1 }, { rounds: Infinity }, /max_tool_calls/],
    ['that is faster for more', { input: 1, output: 1 }, { repricedBy: 'service_tier' }, /'service_tier'/],
  ])('at a target %s is not known', (_, price, asked, message) => {
    const refused = () => worstCost(bound(asked), targetOf(price && each(price)));
    expect(refused).toThrow(message);
    expect(refused).toThrow(expect.objectContaining({ code: 'model_unpriced', status: 403, param: 'model' }));
  });
});
