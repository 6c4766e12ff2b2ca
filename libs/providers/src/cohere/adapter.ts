import type { OperationName, Provider, Target } from '#contract';
import { addressUnder, bearer } from '../openai-compatible/adapter.js';
import type { ProviderAdapter } from '../spec.js';
import { decodeChat } from './decode-chat.js';
import { EventDecoder } from './decode-chat-stream.js';
import { decodeEmbeddings } from './decode-embeddings.js';
import { decodeError } from './decode-error.js';
import { decodeRerank } from './decode-rerank.js';
import { droppedFromChat, encodeChat } from './encode-chat.js';
import { droppedFromEmbeddings, encodeEmbeddings } from './encode-embeddings.js';
import { droppedFromRerank, encodeRerank } from './encode-rerank.js';

/** Its list comes in pages of 20 unless asked otherwise. */
const MOST_MODELS = '1000';

const JSON_WIRE = {
  fidelity: 'values',
  wholeBytes: Infinity,
  decodeError,
  // Only chats are streamed: what comes of another operation all the same is read as what it is not.
  openStream: (context: ConstructorParameters<typeof EventDecoder>[0]) => new EventDecoder(context),
} as const;

const PATHS: Partial<Readonly<Record<OperationName, string>>> = {
  chat: 'chat',
  embeddings: 'embed',
  rerank: 'rerank',
};

/** Cohere, version 2. */
export const cohere: ProviderAdapter = {
  name: 'cohere',
  defaultBaseUrl: 'https://api.cohere.com',
  address: ({ provider }: Target, operation) => underVersion(provider, `v2/${PATHS[operation] ?? operation}`),
  modelsAddress: (provider) => {
    const url = underVersion(provider, 'v1/models');
    url.searchParams.set('page_size', MOST_MODELS);
    return url;
  },
  authorize: bearer,
  joinsTraces: false,
  operations: {
    chat: { ...JSON_WIRE, encode: encodeChat, dropped: droppedFromChat, decode: decodeChat },
    embeddings: {
      ...JSON_WIRE,
      encode: encodeEmbeddings,
      dropped: droppedFromEmbeddings,
      decode: decodeEmbeddings,
    },
    rerank: { ...JSON_WIRE, encode: encodeRerank, dropped: droppedFromRerank, decode: decodeRerank },
  },
};

/** Some write the base URL with a version and some without; the list of models is in the first one only. */
function underVersion(provider: Provider, path: string): URL {
  const url = new URL(provider.baseUrl);
  url.pathname = url.pathname.replace(/\/v[12]\/*$/, '');
  return addressUnder({ ...provider, baseUrl: url.href }, path);
}
