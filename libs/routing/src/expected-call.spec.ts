import { describe, expect, it } from 'vitest';
import type { Price } from '#contract';
import { expectedCost } from './expected-call.js';
import type { ExpectedUsage } from './expected-call.js';

const NOTHING = { promptTokens: 0, completionTokens: 0, images: 0, audioSeconds: 0, characters: 0 };

describe('what a call would cost', () => {
  it.each<[string, Partial<ExpectedUsage>, Price | undefined, number | undefined]>([
    ['tokens', { promptTokens: 1_000, completionTokens: 10 }, { input: 2_000_000, output: 8_000_000 }, 2_080],
    ['a prompt alone', { promptTokens: 500 }, { input: 2_000_000 }, 1_000],
    ['without a price', { promptTokens: 1 }, undefined, undefined],
    ['an answer without a price', { promptTokens: 1, completionTokens: 1 }, { input: 1 }, undefined],
    ['images', { promptTokens: 9, images: 2 }, { image: 40_000_000 }, 80],
    ['sound', { audioSeconds: 1.5 }, { second: 2_000_000 }, 3],
    ['speech', { characters: 10 }, { character: 1_000_000 }, 10],
    ['a call', {}, { request: 7_000_000 }, 7],
    [
      'tokens and the call',
      { promptTokens: 1, completionTokens: 1 },
      { input: 1_000_000, output: 1_000_000, request: 5_000_000 },
      7,
    ],
    ['what has a price of another kind', { promptTokens: 5 }, { second: 1 }, undefined],
    ['nothing at all', {}, { input: 0 }, undefined],
    ['what is free', { promptTokens: 5 }, { input: 0, output: 0 }, 0],
  ])('%s', (_, usage, price, expected) => {
    expect(expectedCost({ ...NOTHING, ...usage }, price)).toBe(expected);
  });
});
