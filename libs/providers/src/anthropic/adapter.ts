import type { Provider } from '#contract';
import { addressUnder } from '../openai-compatible/adapter.js';
import { encodeRequest } from '../openai-compatible/encode-request.js';
import type { Codec, DecodeContext, ProviderAdapter } from '../spec.js';
import { decodeChat } from './decode-chat.js';
import { MessageDecoder } from './decode-chat-stream.js';
import { decodeError } from './decode-error.js';
import { droppedFromChat, encodeChat } from './encode-chat.js';
import { relayCount, relayMessage } from './relay-message.js';
import { RelayedMessage } from './relay-message-stream.js';

const VERSION = '2023-06-01';

/** Its list comes in pages of 20 unless asked otherwise. */
const MOST_MODELS = '1000';

/** For clients that speak it too. Which version a body is of, and what in it is not for everybody yet, its headers say. */
const OWN_WIRE = {
  fidelity: 'bytes',
  passesHeaders: ['anthropic-version', 'anthropic-beta'],
  encode: encodeRequest,
  wholeBytes: Infinity,
  openStream: (context: DecodeContext) => new RelayedMessage(context),
  decodeError,
} as const;

/** Anthropic's Messages as chat completions. */
export const chat: Codec<'chat'> = {
  fidelity: 'values',
  hasExtensions: true,
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
  address: ({ provider }, operation) =>
    underV1(provider, operation === 'count_tokens' ? 'messages/count_tokens' : 'messages'),
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
  operations: {
    chat,
    messages: { ...OWN_WIRE, decode: relayMessage },
    count_tokens: { ...OWN_WIRE, decode: relayCount },
  },
};

/** Some write the base URL with the version, as for OpenAI's SDK, and some without, as for Anthropic's. */
function underV1(provider: Provider, path: string): URL {
  const { pathname } = new URL(provider.baseUrl);
  return addressUnder(provider, /\/v1\/*$/.test(pathname) ? path : `v1/${path}`);
}
