import type { OperationName, Provider, Target } from '#contract';
import { addressUnder } from '../openai-compatible/adapter.js';
import type { Codec, ProviderAdapter } from '../spec.js';
import { decodeChat } from './decode-chat.js';
import { ContentDecoder } from './decode-chat-stream.js';
import { decodeEmbeddings } from './decode-embeddings.js';
import { decodeError } from './decode-error.js';
import { decodeImages } from './decode-images.js';
import { droppedFromChat, encodeChat } from './encode-chat.js';
import { droppedFromEmbeddings, encodeEmbeddings } from './encode-embeddings.js';
import { droppedFromImages, encodeImages } from './encode-images.js';
import { imageTraitsOf } from './image-traits.js';
import { resourceOf } from './resource.js';

/** Its list comes in pages of 50 unless asked otherwise. */
const MOST_MODELS = '1000';

export const JSON_WIRE = { fidelity: 'values', wholeBytes: Infinity, decodeError } as const;

/** Gemini's contents as chat completions. */
export const contents: Codec<'chat'> = {
  ...JSON_WIRE,
  hasSignatures: true,
  encode: encodeChat,
  dropped: droppedFromChat,
  decode: decodeChat,
  openStream: (context) => new ContentDecoder(context),
};

/** Images of Gemini and of Imagen. */
export const images: Codec<'image_generations'> = {
  ...JSON_WIRE,
  encode: encodeImages,
  dropped: droppedFromImages,
  decode: decodeImages,
  // They are not streamed: what comes all the same is read as what it is not.
  openStream: (context) => new ContentDecoder(context),
};

/** Google's Gemini API. */
export const gemini: ProviderAdapter = {
  name: 'gemini',
  defaultBaseUrl: 'https://generativelanguage.googleapis.com',
  address: addressOf,
  modelsAddress: (provider) => {
    const url = underVersion(provider, 'models');
    url.searchParams.set('pageSize', MOST_MODELS);
    return url;
  },
  authorize: (secret): Record<string, string> => (secret === undefined ? {} : { 'x-goog-api-key': secret }),
  joinsTraces: false,
  operations: {
    chat: contents,
    embeddings: {
      ...JSON_WIRE,
      encode: encodeEmbeddings,
      dropped: droppedFromEmbeddings,
      decode: decodeEmbeddings,
      // Nobody streams embeddings: what comes all the same is read as what it is not.
      openStream: (context) => new ContentDecoder(context),
    },
    image_generations: images,
  },
};

function addressOf({ provider, model }: Target, operation: OperationName, isStream = false): URL {
  const resource = resourceOf(model);
  if (operation === 'embeddings') return underVersion(provider, `${resource}:batchEmbedContents`);
  const url = underVersion(provider, `${resource}:${methodOf(model, operation, isStream)}`);
  if (isStream) url.searchParams.set('alt', 'sse');
  return url;
}

/** What a model is asked by, embeddings aside. */
export function methodOf(model: string, operation: OperationName, isStream: boolean): string {
  if (operation === 'image_generations' && imageTraitsOf(model).isPredicted) return 'predict';
  return isStream ? 'streamGenerateContent' : 'generateContent';
}

/** Some write the base URL with a version, as Google's pages do, and some without, as for Google's SDK. */
function underVersion(provider: Provider, path: string): URL {
  const { pathname } = new URL(provider.baseUrl);
  return addressUnder(provider, /\/v1(beta\d*|alpha)?\/*$/.test(pathname) ? path : `v1beta/${path}`);
}
