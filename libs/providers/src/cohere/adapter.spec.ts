import { describe, expect, it } from 'vitest';
import { madeTarget } from '../../../../test/support/made-context.js';
import { cohere } from './adapter.js';

describe('Cohere', () => {
  it.each([
    ['https://api.cohere.com', 'https://api.cohere.com'],
    ['https://api.cohere.com/', 'https://api.cohere.com'],
    ['https://api.cohere.com/v2', 'https://api.cohere.com'],
    ['https://api.cohere.com/v1/', 'https://api.cohere.com'],
    ['https://proxy.example/cohere', 'https://proxy.example/cohere'],
    ['https://proxy.example/v20', 'https://proxy.example/v20'],
  ])('at %s is called under %s', (baseUrl, root) => {
    const target = madeTarget('cohere', 'command-a-03-2025', baseUrl);
    expect(cohere.address(target, 'chat').href).toBe(`${root}/v2/chat`);
    expect(cohere.address(target, 'chat', true).href).toBe(`${root}/v2/chat`);
    expect(cohere.address(target, 'embeddings').href).toBe(`${root}/v2/embed`);
    expect(cohere.address(target, 'rerank').href).toBe(`${root}/v2/rerank`);
    expect(cohere.modelsAddress(target.provider).href).toBe(`${root}/v1/models?page_size=1000`);
  });

  it('is shown the key', () => {
    expect(cohere.authorize('my key')).toEqual({ authorization: 'Bearer my key' });
    expect(cohere.authorize(undefined)).toEqual({});
  });

  it('chats, embeds and orders', () =>
    expect(Object.keys(cohere.operations)).toEqual(['chat', 'embeddings', 'rerank']));
});
