import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS } from '#contract';
import type { GatewayError, OperationName, Target } from '#contract';
import { azureOpenai } from './adapter.js';

const HOST = 'https://res.openai.azure.com';

function targetAt(baseUrl: string, model = 'my-gpt'): Target {
  const provider = { id: 'p', name: 'p', type: 'azure-openai', baseUrl, secret: undefined, headers: {} };
  return { provider, model, priority: 0, timeouts: DEFAULT_TIMEOUTS };
}

const addressOf = (baseUrl: string, model?: string, operation: OperationName = 'chat'): string =>
  azureOpenai.address(targetAt(baseUrl, model), operation).href.replace(HOST, '');
const listOf = (baseUrl: string): string =>
  azureOpenai.modelsAddress(targetAt(baseUrl).provider).href.replace(HOST, '');

describe('a deployment', () => {
  it.each([
    [HOST, '/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21'],
    [`${HOST}/`, '/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21'],
    [`${HOST}/openai`, '/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21'],
    [
      `${HOST}?api-version=2025-04-01-preview`,
      '/openai/deployments/my-gpt/chat/completions?api-version=2025-04-01-preview',
    ],
    [`${HOST}/apim/openai/?api-version=2`, '/apim/openai/deployments/my-gpt/chat/completions?api-version=2'],
  ])('is called under %s', (baseUrl, address) => expect(addressOf(baseUrl)).toBe(address));

  it('has its name in the path, and nothing but its name', () => {
    expect(addressOf(HOST, 'a/b?c#d é%2e')).toBe(
      '/openai/deployments/a%2Fb%3Fc%23d%20%C3%A9%252e/chat/completions?api-version=2024-10-21',
    );
    for (const name of ['.', '..']) {
      expect(() => addressOf(HOST, name)).toThrow(
        expect.objectContaining<Partial<GatewayError>>({ code: 'model_not_found' }),
      );
    }
    expect(addressOf(HOST, '...')).toContain('/deployments/.../chat');
  });

  it('has other paths for other operations', () => {
    const query = '?api-version=2024-10-21';
    expect(addressOf(HOST, 'd', 'transcriptions')).toBe(`/openai/deployments/d/audio/transcriptions${query}`);
    expect(listOf(HOST)).toBe(`/openai/models${query}`);
  });

  it('is named in the body of a response, whose path has none', () => {
    expect(addressOf(HOST, 'd', 'responses')).toBe('/openai/responses?api-version=2025-04-01-preview');
    expect(addressOf(`${HOST}?api-version=2026-01-01`, 'd', 'responses')).toBe(
      '/openai/responses?api-version=2026-01-01',
    );
    expect(addressOf(`${HOST}/openai/v1`, 'd', 'responses')).toBe('/openai/v1/responses');
  });
});

describe('the address that is OpenAI’s own', () => {
  it.each([
    [`${HOST}/openai/v1`, '/openai/v1/chat/completions', '/openai/v1/models'],
    [`${HOST}/openai/v1/`, '/openai/v1/chat/completions', '/openai/v1/models'],
    [
      `${HOST}/openai/v1?api-version=preview`,
      '/openai/v1/chat/completions?api-version=preview',
      '/openai/v1/models?api-version=preview',
    ],
  ])('%s', (baseUrl, chat, models) => {
    expect(addressOf(baseUrl)).toBe(chat);
    expect(listOf(baseUrl)).toBe(models);
  });
});

describe('the credential', () => {
  const token = `eyJ${'a'.repeat(40)}.eyJ${'b'.repeat(200)}.${'c-_'.repeat(20)}`;

  it.each([
    ['0123456789abcdef0123456789abcdef', { 'api-key': '0123456789abcdef0123456789abcdef' }],
    ['eyJ.that.is.none', { 'api-key': 'eyJ.that.is.none' }],
    [token, { authorization: `Bearer ${token}` }],
    [undefined, {}],
  ])('%s', (secret, headers) => expect(azureOpenai.authorize(secret)).toEqual(headers));
});

describe('a refusal', () => {
  it('of the content filter is the client’s to read', () => {
    const body = {
      error: {
        message: 'The response was filtered due to the prompt triggering the content policy.',
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
        innererror: { code: 'ResponsibleAIPolicyViolation', content_filter_result: {} },
      },
    };
    const error = azureOpenai.operations.chat?.decodeError(400, Buffer.from(JSON.stringify(body)));
    expect(error?.upstream).toEqual({
      status: 400,
      message: body.error.message,
      code: 'content_filter',
      param: 'prompt',
    });
  });

  it('offers no operation that the service has not', () => {
    expect(azureOpenai.operations.moderations).toBeUndefined();
    expect(azureOpenai.operations.image_variations).toBeUndefined();
  });
});
