import { describe, expect, it } from 'vitest';
import type { OperationName } from '#contract';
import { expectedTokens, expectedUsage } from './expected-usage.js';

const NOTHING = { promptTokens: 0, completionTokens: 0, images: 0, audioSeconds: 0, characters: 0 };

describe('what a call will probably use', () => {
  it.each<[OperationName, object, object]>([
    ['chat', { messages: [] }, { promptTokens: 100, completionTokens: 500 }],
    ['chat', { max_tokens: 7 }, { promptTokens: 100, completionTokens: 7 }],
    ['chat', { max_tokens: 7, max_completion_tokens: 9 }, { promptTokens: 100, completionTokens: 9 }],
    ['completions', { max_tokens: 0 }, { promptTokens: 100, completionTokens: 500 }],
    ['responses', { max_output_tokens: 7 }, { promptTokens: 100, completionTokens: 7 }],
    ['messages', { max_tokens: 9 }, { promptTokens: 100, completionTokens: 9 }],
    ['embeddings', { input: 'text' }, { promptTokens: 100 }],
    ['image_generations', {}, { promptTokens: 100, images: 1 }],
    ['image_generations', { n: 3 }, { promptTokens: 100, images: 3 }],
    ['speech', { input: 'Hello!' }, { promptTokens: 100, characters: 6 }],
    ['transcriptions', {}, { promptTokens: 100, audioSeconds: 60 }],
  ])('%s %j', (operation, value, expected) => {
    const spans = { model: undefined, streamOptions: undefined, close: 0 };
    const request = { bytes: Buffer.alloc(400), value: { model: 'm', ...value }, spans };
    expect(expectedUsage({ operation, request })).toEqual({ ...NOTHING, ...expected });
  });
});

describe('the tokens that a call may use of a limit', () => {
  it.each<[object, number]>([
    [{}, 100],
    [{ max_tokens: 7 }, 107],
    [{ max_tokens: 7, max_completion_tokens: 9, n: 3 }, 127],
    [{ max_output_tokens: 50 }, 150],
    [{ max_tokens: 'many', n: -1 }, 100],
    [{ max_tokens: 2 ** 52, n: 128 }, 1_000_000_000],
  ])('%j', (value, expected) => {
    const spans = { model: undefined, streamOptions: undefined, close: 0 };
    const request = { bytes: Buffer.alloc(400), value: { model: 'm', ...value }, spans };
    expect(expectedTokens({ request })).toBe(expected);
  });
});
