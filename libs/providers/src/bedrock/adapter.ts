import type { OperationName, Provider, Target } from '#contract';
import { addressUnder, bearer } from '../openai-compatible/adapter.js';
import type { ProviderAdapter } from '../spec.js';
import { readCredential } from './credential.js';
import { decodeChat } from './decode-chat.js';
import { ConverseDecoder } from './decode-chat-stream.js';
import { decodeEmbeddings } from './decode-embeddings.js';
import { decodeError } from './decode-error.js';
import { droppedFromChat, encodeChat } from './encode-chat.js';
import { droppedFromEmbeddings, encodeEmbeddings } from './encode-embeddings.js';
import { regionOf, sign } from './sign.js';

const JSON_WIRE = { fidelity: 'values', wholeBytes: Infinity, decodeError } as const;

/** Amazon Bedrock: chat by Converse, embeddings by InvokeModel. */
export const bedrock: ProviderAdapter = {
  name: 'bedrock',
  defaultBaseUrl: undefined,
  address: addressOf,
  modelsAddress,
  authorize: (secret): Record<string, string> => {
    const credential = secret === undefined ? undefined : readCredential(secret);
    return credential?.kind === 'api-key' ? bearer(credential.apiKey) : {};
  },
  sign,
  joinsTraces: false,
  operations: {
    chat: {
      ...JSON_WIRE,
      framing: 'aws',
      hasExtensions: true,
      encode: encodeChat,
      dropped: droppedFromChat,
      decode: decodeChat,
      openStream: (context) => new ConverseDecoder(context),
    },
    embeddings: {
      ...JSON_WIRE,
      encode: encodeEmbeddings,
      dropped: droppedFromEmbeddings,
      decode: decodeEmbeddings,
      // Nobody streams embeddings: what comes all the same is read as what it is not.
      openStream: (context) => new ConverseDecoder(context),
    },
  },
};

function addressOf({ provider, model }: Target, operation: OperationName, isStream = false): URL {
  const call = operation === 'embeddings' ? 'invoke' : isStream ? 'converse-stream' : 'converse';
  return addressUnder(provider, `model/${escaped(model)}/${call}`);
}

/** Everything but letters, digits and `-._~`: so AWS escapes what it signs, colons and the slashes of ARNs as well. */
function escaped(model: string): string {
  return encodeURIComponent(model).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Models are listed by another host of the same region; a VPC endpoint has no name for it. */
function modelsAddress(provider: Provider): URL {
  const url = addressUnder(provider, 'foundation-models');
  const region = regionOf(url.hostname);
  if (region === undefined) return url;
  const isPrivate = /\.vpce\./.test(url.hostname);
  url.hostname = isPrivate
    ? `bedrock.${region}.amazonaws.com`
    : url.hostname.replace(/\bbedrock-runtime\b/, 'bedrock');
  return url;
}
