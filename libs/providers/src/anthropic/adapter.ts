import type { Provider } from '#contract';
import { addressUnder } from '../openai-compatible/adapter.js';
import type { Codec, ProviderAdapter } from '../spec.js';
import { decodeChat } from './decode-chat.js';
import { MessageDecoder } from './decode-chat-stream.js';
import { decodeError } from './decode-error.js';
import { droppedFromChat, encodeChat } from './encode-chat.js';

const VERSION = '2023-06-01';

/** Its list comes in pages of 20 unless asked otherwise. */
const MOST_MODELS = '1000';

/** Anthropic's Messages as chat completions. */
export const messages: Codec<'chat'> = {
  fidelity: 'values',
  encode: encodeChat,
  dropped: droppedFromChat,
  wholeBytes: Infinity,
  decode: decodeChat,
  openStream: (context) => new MessageDecoder(context),
  decodeError,
};

/** Anthropic's Messages. */
export const anthropic: ProviderAdapter = {
  name: 'anthropic',
  defaultBaseUrl: 'https://api.anthropic.com',
  address: ({ provider }) => underV1(provider, 'messages'),
  modelsAddress: (provider) => {
    const url = underV1(provider, 'models');
    url.searchParams.set('limit', MOST_MODELS);
    return url;
  },
  authorize: (secret) => ({
    ...(secret !== undefined && { 'x-api-key': secret }),
    'anthropic-version': VERSION,
  }),
  joinsTraces: false,
  operations: { chat: messages },
};

/** Some write the base URL with the version, as for OpenAI's SDK, and some without, as for Anthropic's. */
function underV1(provider: Provider, path: string): URL {
  const { pathname } = new URL(provider.baseUrl);
  return addressUnder(provider, /\/v1\/*$/.test(pathname) ? path : `v1/${path}`);
}
