import { describe, expect, it } from 'vitest';
import { NO_USAGE, readUsage } from './usage.js';

describe('reading usage', () => {
  it('reads all counts', () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 20,
      total_tokens: 30,
      prompt_tokens_details: { cached_tokens: 5, audio_tokens: 1, cache_write_tokens: 2 },
      completion_tokens_details: { reasoning_tokens: 7, audio_tokens: 3 },
    };
    expect(readUsage(usage)).toEqual({
      ...NO_USAGE,
      promptTokens: 10,
      completionTokens: 20,
      cachedTokens: 5,
      cacheWriteTokens: 2,
      reasoningTokens: 7,
      audioPromptTokens: 1,
      audioCompletionTokens: 3,
    });
  });

  it.each<[string, object, object]>([
    ['no details', { prompt_tokens: 1, completion_tokens: 2 }, { promptTokens: 1, completionTokens: 2 }],
    ['details that are null', { prompt_tokens: 1, prompt_tokens_details: null }, { promptTokens: 1 }],
    ['details that are no object', { prompt_tokens: 1, completion_tokens_details: 'x' }, { promptTokens: 1 }],
    ['embeddings: no completion', { prompt_tokens: 3, total_tokens: 3 }, { promptTokens: 3 }],
    ['zero', { prompt_tokens: 0, completion_tokens: 0 }, {}],
    ['a count below zero', { prompt_tokens: 1, completion_tokens: -2 }, { promptTokens: 1 }],
    ['a fraction', { prompt_tokens: 1, completion_tokens: 2.5 }, { promptTokens: 1 }],
    ['a text', { prompt_tokens: 1, completion_tokens: '2' }, { promptTokens: 1 }],
    [
      'words of images',
      { input_tokens: 4, output_tokens: 5, input_tokens_details: { cached_tokens: 1 } },
      { promptTokens: 4, completionTokens: 5, cachedTokens: 1 },
    ],
    [
      'words of transcriptions',
      { type: 'tokens', input_tokens: 14, input_token_details: { audio_tokens: 12 }, output_tokens: 5 },
      { promptTokens: 14, completionTokens: 5, audioPromptTokens: 12 },
    ],
    [
      'words of DeepSeek',
      { prompt_tokens: 9, prompt_cache_hit_tokens: 4 },
      { promptTokens: 9, cachedTokens: 4 },
    ],
    ['seconds of sound', { type: 'duration', seconds: 9.5 }, { audioSeconds: 9.5 }],
    ['more than a column holds', { prompt_tokens: 2 ** 40 }, { promptTokens: 2 ** 31 - 1 }],
  ])('%s', (_, usage, expected) => {
    expect(readUsage(usage)).toEqual({ ...NO_USAGE, ...expected });
  });

  it.each([
    undefined,
    null,
    7,
    'x',
    true,
    [],
    {},
    { prompt_tokens: null },
    { prompt_tokens: -1 },
    { prompt_tokens: 1.5 },
    { prompt_tokens: 2 ** 60 },
    { completion_tokens: 5 },
    { type: 'duration', seconds: -1 },
  ])('%j is none', (value) => {
    expect(readUsage(value)).toBeUndefined();
  });
});
