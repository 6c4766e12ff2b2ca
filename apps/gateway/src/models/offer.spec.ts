import { describe, expect, it } from 'vitest';
import { compileGlob } from '#routing';
import { demoOffer, environmentOffers } from './offer.js';

const offersOf = (providerKeys: Record<string, string>, openaiBaseUrl?: string) =>
  environmentOffers({ providerKeys, openaiBaseUrl });

describe('a key in the environment', () => {
  it('is a provider of its type, and a model for all that is under its name', () => {
    const [offer, ...others] = offersOf({ groq: 'gsk-1' });
    expect(others).toEqual([]);
    expect(offer?.provider).toMatchObject({
      name: 'groq',
      type: 'groq',
      baseUrl: 'https://api.groq.com/openai/v1',
      secret: 'gsk-1',
    });
    expect(offer?.models).toMatchObject([{ id: 'groq/*', ownedBy: 'groq', targets: [{ model: '*' }] }]);
    expect(offer?.bareModels).toEqual([]);
  });

  it('may be of a provider with a wire of its own', () => {
    const [offer] = offersOf({ anthropic: 'sk-ant-1' });
    expect(offer?.provider).toMatchObject({ type: 'anthropic', baseUrl: 'https://api.anthropic.com' });
    expect(offer?.models).toMatchObject([{ id: 'anthropic/*', targets: [{ model: '*' }] }]);
    const [other] = offersOf({ gemini: 'AIza-1' });
    expect(other?.provider.baseUrl).toBe('https://generativelanguage.googleapis.com');
    expect(other?.models).toMatchObject([{ id: 'gemini/*', targets: [{ model: '*' }] }]);
  });

  it('may be OpenAI’s at another address', () => {
    const addresses = [undefined, 'http://proxy/v1'].map(
      (baseUrl) => offersOf({ openai: 'sk' }, baseUrl)[0]?.provider.baseUrl,
    );
    expect(addresses).toEqual(['https://api.openai.com/v1', 'http://proxy/v1']);
    expect(offersOf({ groq: 'k' }, 'http://proxy/v1')[0]?.provider.baseUrl).toContain('groq');
    expect(offersOf({}, 'http://proxy/v1')).toEqual([]);
  });
});

describe('OpenAI’s own names', () => {
  const patterns = offersOf({ openai: 'sk' }).flatMap(({ bareModels }) => bareModels.map(({ id }) => id));
  const isBare = (name: string): boolean => patterns.some((pattern) => compileGlob(pattern)(name));

  it.each([
    'gpt-4o',
    'gpt-4o-mini-2024-07-18',
    'chatgpt-4o-latest',
    'o1',
    'o3-mini',
    'o4-mini',
    'ft:gpt-4o-mini:acme:suffix:abc',
    'davinci-002',
    'babbage-002',
    'text-embedding-3-small',
    'dall-e-3',
    'gpt-image-1',
    'whisper-1',
    'tts-1-hd',
    'omni-moderation-latest',
    'text-moderation-stable',
  ])('%s', (name) => expect(isBare(name)).toBe(true));

  it.each(['', 'gpt', 'my-gpt-4', 'claude-3', 'olmo-2', 'llama3', 'openai/gpt-4o', 'davinci-003', 'sandbox'])(
    'are not %j',
    (name) => expect(isBare(name)).toBe(false),
  );
});

it('a demo is one model', () => {
  expect(demoOffer('http://demo')).toMatchObject({
    provider: { type: 'sandbox', baseUrl: 'http://demo', secret: undefined },
    models: [{ id: 'sandbox', ownedBy: 'pllm-sandbox', targets: [{ model: 'sandbox' }] }],
    bareModels: [],
  });
});
