import { GatewayError } from '#contract';
import type { OperationName, Provider, Target } from '#contract';
import { ContentDecoder } from '../gemini/decode-chat-stream.js';
import { droppedFromEmbeddings } from '../gemini/encode-embeddings.js';
import { images, JSON_WIRE, methodOf } from '../gemini/adapter.js';
import { bearer } from '../openai-compatible/adapter.js';
import type { Codec, ProviderAdapter } from '../spec.js';
import { chat } from './chat.js';
import { decodeEmbeddings } from './decode-embeddings.js';
import { encodeEmbeddings } from './encode-embeddings.js';
import { faultOf, placeOf } from './place.js';
import type { Place } from './place.js';
import { publishedModel, resourceOf } from './publisher.js';
import type { Publisher } from './publisher.js';
import { readSecret } from './secret.js';
import { tokenGrant } from './token-grant.js';

/** The list of models is there in this version only. */
const LIST_VERSION = 'v1beta1';
const MOST_MODELS = '100';

/** Google's Vertex AI: Gemini's wire and Anthropic's, under projects. */
export const vertex: ProviderAdapter = {
  name: 'vertex',
  defaultBaseUrl: 'https://aiplatform.googleapis.com',
  address: addressOf,
  modelsAddress: (provider) => {
    const { root } = requirePlace(provider);
    const url = at(provider, `${root}/${LIST_VERSION}/publishers/google/models`);
    url.searchParams.set('pageSize', MOST_MODELS);
    return url;
  },
  authorize: (secret): Record<string, string> => {
    const read = readSecret(secret);
    if (read.kind === 'key') return { 'x-goog-api-key': read.key };
    return read.kind === 'token' ? bearer(read.token) : {};
  },
  tokenGrant,
  fault: faultOf,
  joinsTraces: false,
  operations: {
    chat,
    embeddings: ofGoogle({
      ...JSON_WIRE,
      encode: encodeEmbeddings,
      dropped: droppedFromEmbeddings,
      decode: decodeEmbeddings,
      // Nobody streams embeddings: what comes all the same is read as what it is not.
      openStream: (context) => new ContentDecoder(context),
    }),
    image_generations: ofGoogle(images),
  },
};

/** What a publisher's models are asked by, and the form of a stream where it has to be said. */
const METHODS: Readonly<Record<Publisher, Method>> = {
  anthropic: (_, __, isStream) => ({ method: isStream ? 'streamRawPredict' : 'rawPredict' }),
  google: (name, operation, isStream) => ({
    method: operation === 'embeddings' ? 'predict' : methodOf(name, operation, isStream),
    ...(isStream && { alt: 'sse' }),
  }),
};

type Method = (
  name: string,
  operation: OperationName,
  isStream: boolean,
) => { readonly method: string; readonly alt?: string };

/** What Anthropic's models cannot do. */
function ofGoogle<N extends 'embeddings' | 'image_generations'>(codec: Codec<N>): Codec<N> {
  return {
    ...codec,
    encode: (request, target) => {
      if (publishedModel(target.model).publisher === 'google') return codec.encode(request, target);
      throw new GatewayError('unsupported_operation', { param: 'model' });
    },
  };
}

function addressOf({ provider, model }: Target, operation: OperationName, isStream = false): URL {
  const { root, version, parent } = requirePlace(provider);
  const published = publishedModel(model);
  const { method, alt } = METHODS[published.publisher](published.name, operation, isStream);
  const url = at(provider, `${root}/${version}/${parent}${resourceOf(published)}:${method}`);
  if (alt !== undefined) url.searchParams.set('alt', alt);
  return url;
}

function at({ baseUrl }: Provider, path: string): URL {
  const url = new URL(baseUrl);
  url.pathname = path;
  return url;
}

/** @throws GatewayError where the provider is not set up to work: its operator was told when it was made */
function requirePlace(provider: Provider): Place {
  const place = placeOf(provider);
  if (!('message' in place)) return place;
  const cause = new Error(`${place.param} ${place.message}`);
  throw new GatewayError('upstream_rejected', { cause });
}
