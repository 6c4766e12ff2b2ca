import type { Codec, ProviderAdapter } from '../spec.js';
import { decodeError } from './decode-error.js';
import { decodeResponse } from './decode-response.js';
import { ChunkDecoder } from './decode-stream.js';
import { encodeRequest } from './encode-request.js';

const chat: Codec<'chat'> = {
  fidelity: 'bytes',
  encode: encodeRequest,
  decode: decodeResponse,
  openStream: (context) => new ChunkDecoder(context),
  decodeError,
};

/** Any server that speaks OpenAI's wire: its base URL ends where `/chat/completions` begins. */
export const openaiCompatible: ProviderAdapter = {
  name: 'openai-compatible',
  defaultBaseUrl: undefined,
  address: (target) => new URL(`${target.provider.baseUrl}/chat/completions`),
  modelsAddress: (provider) => new URL(`${provider.baseUrl}/models`),
  authorize(secret): Record<string, string> {
    return secret === undefined ? {} : { authorization: `Bearer ${secret}` };
  },
  operations: { chat },
};
