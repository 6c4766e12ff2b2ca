import { expect, it } from 'vitest';
import { findKnownModel } from './known-models.js';

it.each<[string, number | undefined]>([
  ['gpt-4o', 128_000],
  ['gpt-4o-2024-11-20', 128_000],
  ['openai/gpt-4o-mini', 128_000],
  ['gpt-4', 8_192],
  ['gpt-4-0613', 8_192],
  ['claude-3-5-sonnet-20241022', 200_000],
  ['models/gemini-2.5-flash', 1_048_576],
  ['mistral-large-latest', 128_000],
  ['gpt-4-32k', undefined],
  ['gpt-4o-audio-preview', undefined],
  ['my-deployment', undefined],
  ['', undefined],
  ['constructor', undefined],
])('%s has a window of %s tokens', (name, window) =>
  expect(findKnownModel(name)?.context_window).toBe(window),
);
