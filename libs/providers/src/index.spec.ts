import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS } from '#contract';
import type { Provider, Target } from '#contract';
import { findAdapter, PROVIDER_TYPES } from './index.js';

const provider: Provider = {
  id: 'p',
  name: 'p',
  type: 'x',
  baseUrl: 'https://host.example/base/v1',
  secret: 'secret',
  headers: {},
};
const target: Target = { provider, model: 'm', priority: 0, timeouts: DEFAULT_TIMEOUTS };

describe('the adapters', () => {
  it.each(PROVIDER_TYPES)('%s is found by its name, and can chat', (type) => {
    const adapter = findAdapter(type);
    expect(adapter?.name).toBe(type);
    expect(adapter?.operations.chat).toBeDefined();
    expect(adapter?.defaultBaseUrl ?? 'https://x').toMatch(/^https:\/\/.*[^/]$/);
  });

  it('are the ones that are promised', () => {
    expect(PROVIDER_TYPES).toEqual(expect.arrayContaining(['openai', 'openai-compatible', 'sandbox']));
    expect(new Set(PROVIDER_TYPES).size).toBe(PROVIDER_TYPES.length);
  });

  it.each(['', 'OpenAI', 'constructor', '__proto__', 'toString'])('are not found by %j', (type) => {
    expect(findAdapter(type)).toBeUndefined();
  });
});

describe('a server that speaks OpenAI’s wire', () => {
  const adapter = findAdapter('openai-compatible');

  it('is called under its base URL', () => {
    expect(adapter?.address(target, 'chat').href).toBe('https://host.example/base/v1/chat/completions');
    expect(adapter?.modelsAddress(provider).href).toBe('https://host.example/base/v1/models');
  });

  it('is shown the secret where there is one', () => {
    expect(adapter?.authorize('my key')).toEqual({ authorization: 'Bearer my key' });
    expect(adapter?.authorize(undefined)).toEqual({});
  });
});
