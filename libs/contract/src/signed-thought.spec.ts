import { describe, expect, it } from 'vitest';
import { openThought, sealThought } from './signed-thought.js';

describe('a signed thought', () => {
  it.each([
    { type: 'thinking', thinking: 'Hm. 😀', signature: 'sig==' },
    { type: 'redacted_thinking', data: 'xx' },
  ])('comes back as it was, without its place in a stream: $type', (thought) => {
    expect(openThought(sealThought({ index: 3, ...thought }))).toEqual(thought);
  });

  it.each([
    undefined,
    null,
    7,
    '',
    'gAAAAABo',
    'pllm.',
    'pllm.bm8',
    `pllm.${Buffer.from('[1]').toString('base64url')}`,
    `pllm.${Buffer.from('null').toString('base64url')}`,
  ])('is none that somebody else has sealed: %j', (sealed) => {
    expect(openThought(sealed)).toBeUndefined();
  });
});
