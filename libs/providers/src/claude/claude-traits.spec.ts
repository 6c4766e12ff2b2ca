import { describe, expect, it } from 'vitest';
import { traitsOf } from './claude-traits.js';

describe('what a Claude model takes', () => {
  it.each([
    ['claude-3-haiku-20240307', 4_096, 'none', 2],
    ['claude-3-5-sonnet-20241022', 8_192, 'none', 2],
    ['claude-3-7-sonnet-latest', 64_000, 'budget', 2],
    ['claude-opus-4-20250514', 32_000, 'budget', 2],
    ['claude-opus-4-0', 32_000, 'budget', 2],
    ['claude-opus-4-1-20250805', 32_000, 'budget', 1],
    ['claude-sonnet-4@20250514', 64_000, 'budget', 2],
    ['claude-haiku-4-5', 64_000, 'budget', 1],
    ['anthropic.claude-sonnet-4-5-20250929-v1:0', 64_000, 'budget', 1],
    ['anthropic/claude-sonnet-4.5', 64_000, 'budget', 1],
    ['claude-sonnet-4-6', 128_000, 'adaptive', 1],
    ['claude-opus-4-7', 128_000, 'adaptive', 0],
    ['claude-opus-5', 128_000, 'adaptive', 0],
    ['claude-haiku-5-5', 128_000, 'adaptive', 0],
    ['claude-mythos-preview', 128_000, 'adaptive', 0],
    ['claude-opus-7-1', 128_000, 'adaptive', 0],
    ['our-writer', 8_192, 'none', 1],
    ['claude-opus-latest', 8_192, 'none', 1],
    ['', 8_192, 'none', 1],
  ])('%s writes up to %d tokens', (model, maxTokens, thinking, samplers) => {
    expect(traitsOf(model)).toMatchObject({ maxTokens, thinking, samplers });
  });

  it.each([
    ['claude-sonnet-4', false, true, undefined],
    ['claude-haiku-4-5-20251001', true, true, undefined],
    ['claude-opus-4-8', true, true, 'disabled'],
    ['claude-opus-5-5', true, false, undefined],
    ['claude-sonnet-5', true, true, 'disabled'],
    ['claude-sonnet-5-5', true, false, 'between_tools'],
    ['claude-haiku-5-5', true, true, 'disabled'],
    ['claude-fable-5', true, true, undefined],
    ['claude-fable-5-1', true, false, undefined],
    ['our-writer', false, true, undefined],
  ])(
    '%s: schemas %s, forced tools %s, thinking off by %s',
    (model, takesSchemas, canBeForced, thinkingOff) => {
      expect(traitsOf(model)).toMatchObject({ takesSchemas, canBeForced, thinkingOff });
    },
  );
});
