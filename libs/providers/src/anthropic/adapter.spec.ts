import { describe, expect, it } from 'vitest';
import { madeTarget } from '../../../../test/support/made-context.js';
import { anthropic } from './adapter.js';

describe('Anthropic', () => {
  it.each([
    ['https://api.anthropic.com', 'https://api.anthropic.com/v1/messages'],
    ['https://api.anthropic.com/', 'https://api.anthropic.com/v1/messages'],
    ['https://api.anthropic.com/v1', 'https://api.anthropic.com/v1/messages'],
    ['https://proxy.example/anthropic', 'https://proxy.example/anthropic/v1/messages'],
    ['https://proxy.example/anthropic/v1/', 'https://proxy.example/anthropic/v1/messages'],
    ['https://proxy.example/v10', 'https://proxy.example/v10/v1/messages'],
  ])('at %s is called at %s', (baseUrl, address) => {
    const target = madeTarget('anthropic', 'claude-opus-5', baseUrl);
    expect(anthropic.address(target, 'chat').href).toBe(address);
    const models = address.replace(/messages$/, 'models?limit=1000');
    expect(anthropic.modelsAddress(target.provider).href).toBe(models);
  });

  it('is shown the key in a header of its own, and which version is spoken', () => {
    expect(anthropic.authorize('my key')).toEqual({
      'x-api-key': 'my key',
      'anthropic-version': '2023-06-01',
    });
    expect(anthropic.authorize(undefined)).toEqual({ 'anthropic-version': '2023-06-01' });
  });

  it('chats, and passes its own wire on', () =>
    expect(Object.keys(anthropic.operations)).toEqual(['chat', 'messages', 'count_tokens']));
});
