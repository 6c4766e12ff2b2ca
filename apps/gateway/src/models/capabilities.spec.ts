import { describe, expect, it } from 'vitest';
import type { Capabilities } from '#contract';
import { madeTarget } from '../../../../test/support/made-context.js';
import { capabilitiesOf, contextWindowOf } from './capabilities.js';

/** Targets as `type model`. */
function told(targets: readonly string[], capabilities?: Capabilities): object {
  const made = targets.map((target) => madeTarget(...(target.split(' ') as [string, string])));
  const model = { id: 'm', ownedBy: 'x', created: 0, targets: made, capabilities };
  return JSON.parse(JSON.stringify(capabilitiesOf(model))) as object;
}

describe('what a model can', () => {
  it('is what is known of its target', () => {
    expect(told(['anthropic claude-sonnet-4-5'])).toEqual({
      context_window: 200_000,
      max_output_tokens: 64_000,
      modalities: { input: ['text', 'image', 'file'], output: ['text'] },
      tools: true,
      structured_output: true,
      reasoning: true,
      operations: ['chat', 'messages', 'count_tokens', 'responses'],
    });
  });

  it('is what every target can', () => {
    expect(told(['groq llama-3.3-70b-versatile', 'gemini gemini-2.0-flash'])).toEqual({
      context_window: 131_072,
      modalities: { input: ['text'], output: ['text'] },
      tools: true,
      structured_output: false,
      reasoning: false,
      operations: ['chat', 'messages', 'responses'],
    });
  });

  it('is not guessed where one target is not known', () => {
    expect(told(['openai gpt-4o', 'vllm mine'])).toMatchObject({ operations: expect.any(Array) });
    expect(Object.keys(told(['openai gpt-4o', 'vllm mine']))).toEqual(['reasoning', 'operations']);
    expect(told(['vllm mine'])).toEqual({
      operations: [
        'chat',
        'completions',
        'embeddings',
        'rerank',
        'transcriptions',
        'translations',
        'messages',
        'responses',
      ],
    });
    expect(told([])).toEqual({ operations: [] });
  });

  it('is less where its provider takes less', () => {
    expect(told(['perplexity sonar'])).toEqual({
      tools: false,
      operations: ['chat', 'messages', 'responses'],
    });
    expect(told(['deepseek deepseek-chat'])).toMatchObject({ tools: true, structured_output: false });
  });

  it('is first of all what its operator says', () => {
    const said = { context_window: 4_096, tools: true, modalities: { input: ['text', 'image'] } } as const;
    expect(told(['vllm mine', 'openai gpt-4o'], said)).toMatchObject(said);
  });
});

it.each<[string, number | undefined, number | undefined]>([
  ['gpt-4o', undefined, 128_000],
  ['gpt-4o', 4_096, 4_096],
  ['mine', 4_096, 4_096],
  ['mine', undefined, undefined],
])('the window of %s, said to be %s, is %s', (model, said, window) => {
  expect(contextWindowOf(model, said === undefined ? undefined : { context_window: said })).toBe(window);
});
