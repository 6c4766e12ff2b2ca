import type { OperationName, RelayedRequest } from '#contract';
import { attachmentsOf } from './attachments.js';
import type { Call } from './call.js';
import { runToolsOf } from './run-tools.js';

/** The most that a call can use, whoever answers. Tokens that are left out only a target can bound. */
export interface CallBound {
  /** Of all that stands in the body. */
  readonly promptTokens: number;
  /** Images that are looked at. */
  readonly seenImages: number;
  /** Does the call stand on what is not in its body? */
  readonly isUnbounded: boolean;
  /** How often the provider reads all of it, and writes; Infinity: as often as it likes. */
  readonly rounds: number;
  readonly answers: number;
  /** Of each answer. Undefined: the call names none. */
  readonly answerTokens: number | undefined;
  /** Of each answer, beside that. */
  readonly predictedTokens: number;
  /** Images that are made. */
  readonly images: number;
  readonly audioSeconds: number;
  readonly characters: number;
  readonly requests: number;
  readonly hasSound: boolean;
  /** By which of its parameters the call is paid at other prices than are known; undefined: by none. */
  readonly repricedBy: string | undefined;
}

type Value = RelayedRequest & Readonly<Record<string, unknown>>;

const NOTHING: CallBound = {
  promptTokens: 0,
  seenImages: 0,
  isUnbounded: false,
  rounds: 1,
  answers: 1,
  answerTokens: 0,
  predictedTokens: 0,
  images: 0,
  audioSeconds: 0,
  characters: 0,
  requests: 1,
  hasSound: false,
  repricedBy: undefined,
};

/** What providers put around a prompt when there are tools. */
const TOOLS_TOKENS = 1_000;
/** Of one that is drawn, in high quality, with pieces before it is whole. */
const DRAWN_TOKENS = 10_000;
/** A form may have as many images; what one is read as. */
const FORM_IMAGES = 16;
const FORM_IMAGE_TOKENS = 7_000;
/** Nobody encodes sound at less than 8 kbit/s. */
const LEAST_BYTES_A_SECOND = 1_000;
/** What is heard in a second, and what can be said in one. */
const HEARD_A_SECOND = 40;
const SAID_A_SECOND = 25;
/** What a character is when it is spoken, however slowly. */
const SPOKEN_A_CHARACTER = 10;
/** However short the text: what is silent before it and behind it. */
const LEAST_SPOKEN = 500;
/** A rerank is paid by so many pieces of documents; a piece has more bytes than this. */
const PIECES_A_SEARCH = 100;
const BYTES_A_PIECE = 250;

/** A token is a byte or more, and JSON is longer than what it says. No text is looked at. */
export function boundOf({ operation, request }: Pick<Call, 'operation' | 'request'>): CallBound {
  const value = request.value as Value;
  const bytes = request.upload ? 0 : request.bytes.length;
  if (operation === 'transcriptions' || operation === 'translations') return hearing(value, request.upload);
  if (operation === 'speech') return speech(value, bytes);
  if (operation.startsWith('image')) return drawing(operation, value, bytes);
  if (operation === 'rerank') return ranking(value, bytes);
  const { images, imageBytes, isUnbounded, hasSound } = attachmentsOf(value);
  const { kinds, rounds } = runToolsOf(value);
  const bound = {
    ...NOTHING,
    promptTokens: bytes - imageBytes + kinds * TOOLS_TOKENS,
    seenImages: images,
    isUnbounded:
      isUnbounded || rounds > 1 || standsOnOthers(value, request.upload ? undefined : request.history),
    rounds,
    hasSound: hasSound || isSpoken(value),
    repricedBy: repricedBy(value),
  };
  const answers = ANSWERS[operation];
  return answers ? { ...bound, ...answers(value, bytes) } : bound;
}

/** Operations whose answers a model writes: how many there are, and how long each may be. */
const ANSWERS: Partial<Record<OperationName, (value: Value, bytes: number) => Partial<CallBound>>> = {
  chat: (value, bytes) => ({
    answers: most(value.n, value.best_of) || 1,
    answerTokens: most(value.max_completion_tokens, value.max_tokens),
    // Of a prediction, what did not come true is paid as if it had been written.
    predictedTokens: value.prediction == null ? 0 : bytes,
  }),
  completions: (value) => ({
    answers: promptsOf(value.prompt) * (most(value.n, value.best_of) || 1),
    answerTokens: most(value.max_tokens),
  }),
  messages: (value) => ({ answers: 1, answerTokens: most(value.max_tokens) }),
  responses: (value) => ({ answers: 1, answerTokens: most(value.max_output_tokens) }),
};

/** One, several, or one in tokens. */
function promptsOf(prompt: unknown): number {
  return Array.isArray(prompt) ? Math.max(1, prompt.filter((each) => typeof each !== 'number').length) : 1;
}

/** A turn before, a conversation, or a prompt that is kept at the provider. */
function standsOnOthers(value: Value, history: object | undefined): boolean {
  const { previous_response_id: previous, conversation, prompt } = value;
  const isKept = typeof prompt === 'object' && prompt !== null && !Array.isArray(prompt);
  return history !== undefined || previous != null || conversation != null || isKept;
}

function isSpoken({ modalities, audio }: Value): boolean {
  return audio != null || (Array.isArray(modalities) && modalities.includes('audio'));
}

/** As dear as what is known, or cheaper. */
const TIERS: ReadonlySet<unknown> = new Set([undefined, null, 'auto', 'default', 'flex', 'standard_only']);

/** Faster is dearer, and other models than the target's have other prices. */
function repricedBy({ service_tier: tier, speed, models }: Value): string | undefined {
  if (!TIERS.has(tier)) return 'service_tier';
  if (speed === 'fast') return 'speed';
  return models == null ? undefined : 'models';
}

function hearing(
  { prompt }: Value,
  upload: { readonly length: number; readonly seconds?: number | undefined } | undefined,
): CallBound {
  const audioSeconds = upload?.seconds ?? (upload?.length ?? 0) / LEAST_BYTES_A_SECOND;
  return {
    ...NOTHING,
    promptTokens: Math.ceil(audioSeconds * HEARD_A_SECOND) + bytesOf(prompt),
    answerTokens: Math.ceil(audioSeconds * SAID_A_SECOND) + SAID_A_SECOND,
    audioSeconds,
    hasSound: true,
  };
}

function speech({ input }: Value, bytes: number): CallBound {
  const characters = typeof input === 'string' ? input.length : 0;
  return {
    ...NOTHING,
    promptTokens: bytes,
    answerTokens: LEAST_SPOKEN + characters * SPOKEN_A_CHARACTER,
    characters,
    hasSound: true,
  };
}

function drawing(operation: OperationName, value: Value, bytes: number): CallBound {
  const images = count(value.n) ?? 1;
  const given = operation === 'image_generations' ? 0 : FORM_IMAGES;
  return {
    ...NOTHING,
    // Of a form nobody has looked at the images; in JSON they stand as links, or are bytes.
    promptTokens: (bytes || bytesOf(value.prompt)) + given * FORM_IMAGE_TOKENS,
    answers: images,
    answerTokens: DRAWN_TOKENS,
    images,
  };
}

/** The query is read with each piece of the documents. */
function ranking({ query, documents }: Value, bytes: number): CallBound {
  const all = Array.isArray(documents) ? documents.length : 1;
  const pieces = all + Math.ceil(bytes / BYTES_A_PIECE);
  return {
    ...NOTHING,
    promptTokens: bytes + pieces * bytesOf(query),
    requests: Math.ceil(pieces / PIECES_A_SEARCH),
  };
}

/** At most, in UTF-8. */
function bytesOf(text: unknown): number {
  return typeof text === 'string' ? text.length * 3 : 0;
}

/** The greater of those that are given. */
function most(...given: readonly unknown[]): number | undefined {
  const named = given.map(count).filter((each) => each !== undefined);
  return named.length > 0 ? Math.max(...named) : undefined;
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
