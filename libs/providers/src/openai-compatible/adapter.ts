import type { OperationName, Provider, Target } from '#contract';
import type { Codec, ProviderAdapter } from '../spec.js';
import { ImageBytes, decodeImages } from './decode-images.js';
import { decodeEmbeddings } from './decode-embeddings.js';
import { decodeError } from './decode-error.js';
import { NamedEventDecoder } from './decode-named-stream.js';
import { decodeRerank } from './decode-rerank.js';
import { decodeResponse } from './decode-response.js';
import { ResponsesDecoder } from './decode-responses-stream.js';
import { decodeResponses } from './decode-responses.js';
import { SpeechBytes, decodeSpeech } from './decode-speech.js';
import { ChunkDecoder } from './decode-stream.js';
import { decodeTranscription } from './decode-transcription.js';
import { encodeChat, encodeRequest, encodeWithUsage } from './encode-request.js';
import { encodeResponses } from './encode-responses.js';
import { withQuirks } from './quirks.js';
import type { Quirks } from './quirks.js';

/** Where a provider differs from OpenAI. */
export interface Traits extends Partial<
  Pick<ProviderAdapter, 'address' | 'modelsAddress' | 'authorize' | 'joinsTraces' | 'ownNames' | 'lacks'>
> {
  readonly name: string;
  /** Undefined: the operator must say. */
  readonly defaultBaseUrl?: string;
  /** What it offers. Undefined: all but the responses, which few servers know. */
  readonly offers?: readonly OperationName[];
  /** Where its wire is not OpenAI's. */
  readonly quirks?: { readonly chat?: Quirks; readonly completions?: Quirks; readonly embeddings?: Quirks };
}

const BYTES = { fidelity: 'bytes', decodeError, encode: encodeRequest, wholeBytes: Infinity } as const;

/** Larger answers are passed on as they come: an image may have many megabytes. */
const IMAGE_BYTES = 1024 * 1024;

const completions: Codec<'completions'> = {
  ...BYTES,
  encode: encodeWithUsage,
  decode: decodeResponse,
  openStream: (context) => new ChunkDecoder(context),
};

const images: Codec<'image_generations' | 'image_edits' | 'image_variations'> = {
  ...BYTES,
  wholeBytes: IMAGE_BYTES,
  decode: decodeImages,
  openStream: (context) => new NamedEventDecoder(context),
  openBytes: (context) => new ImageBytes(context),
};

const transcriptions: Codec<'transcriptions' | 'translations'> = {
  ...BYTES,
  decode: decodeTranscription,
  openStream: (context) => new NamedEventDecoder(context),
};

const speech: Codec<'speech'> = {
  ...BYTES,
  wholeBytes: 0,
  decode: decodeSpeech,
  openStream: (context) => new NamedEventDecoder(context),
  openBytes: (context) => new SpeechBytes(context),
};

const unstreamed = {
  ...BYTES,
  openStream: (context: Parameters<Codec['openStream']>[0]) => new NamedEventDecoder(context),
};

const responses: Codec<'responses'> = {
  ...BYTES,
  encode: encodeResponses,
  decode: decodeResponses,
  openStream: (context) => new ResponsesDecoder(context),
};

/** All that there is. Other dialects of a chat are not what a server on OpenAI's wire is taken to know. */
export const OPERATIONS: Required<
  Omit<ProviderAdapter['operations'], 'messages' | 'count_tokens' | 'responses'>
> = {
  chat: { ...completions, encode: encodeChat },
  completions,
  embeddings: { ...unstreamed, decode: decodeEmbeddings },
  moderations: { ...unstreamed, decode: decodeResponse },
  rerank: { ...unstreamed, decode: decodeRerank },
  image_generations: images,
  image_edits: images,
  image_variations: images,
  transcriptions,
  translations: transcriptions,
  speech,
};

/** Behind the base URL. */
export const PATHS: Readonly<Record<OperationName, string>> = {
  chat: 'chat/completions',
  completions: 'completions',
  embeddings: 'embeddings',
  moderations: 'moderations',
  rerank: 'rerank',
  image_generations: 'images/generations',
  image_edits: 'images/edits',
  image_variations: 'images/variations',
  transcriptions: 'audio/transcriptions',
  translations: 'audio/translations',
  speech: 'audio/speech',
  messages: 'messages',
  count_tokens: 'messages/count_tokens',
  responses: 'responses',
};

/** An adapter for a provider that speaks OpenAI's wire, with what is its own as data. */
export function speakOpenAi({ name, defaultBaseUrl, offers, quirks, ...own }: Traits): ProviderAdapter {
  return {
    name,
    defaultBaseUrl,
    address: (target: Target, operation: OperationName) => addressUnder(target.provider, PATHS[operation]),
    modelsAddress: (provider: Provider) => addressUnder(provider, 'models'),
    authorize: bearer,
    joinsTraces: false,
    lacks: quirks?.chat?.refuse?.includes('tools') ? ['tools'] : [],
    ...own,
    operations: operationsOf(offers, quirks),
  };
}

/** A path behind the base URL, whose query stays the query. */
export function addressUnder({ baseUrl }: Provider, path: string): URL {
  const url = new URL(baseUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
  return url;
}

export function bearer(secret: string | undefined): Record<string, string> {
  return secret === undefined ? {} : { authorization: `Bearer ${secret}` };
}

function operationsOf(offers: Traits['offers'], quirks: Traits['quirks']): ProviderAdapter['operations'] {
  const { chat, completions, embeddings } = OPERATIONS;
  const all: ProviderAdapter['operations'] = {
    ...OPERATIONS,
    ...(quirks?.chat && { chat: withQuirks(chat, quirks.chat) }),
    ...(quirks?.completions && { completions: withQuirks(completions, quirks.completions) }),
    ...(quirks?.embeddings && { embeddings: withQuirks(embeddings, quirks.embeddings) }),
  };
  if (!offers) return all;
  const offered = Object.entries({ ...all, responses });
  return Object.fromEntries(offered.filter(([name]) => offers.includes(name as OperationName)));
}

/** Any server that speaks OpenAI's wire: its base URL ends where `/chat/completions` begins. */
export const openaiCompatible = speakOpenAi({ name: 'openai-compatible', joinsTraces: true });
