import { NO_USAGE } from '#contract';
import type { OperationName, RelayedRequest, SpeechRequest, TranscriptionRequest, Usage } from '#contract';
import { estimateTokens } from '#metering';
import type { Winner } from './attempt.js';
import type { Call } from './call.js';
import { readSubtitles } from './subtitles.js';
import { collect, isObject, textsOfAnswer } from './texts.js';

/** Operations whose answer is text. */
const OF_TEXT: ReadonlySet<OperationName> = new Set([
  'chat',
  'completions',
  'messages',
  'responses',
  'embeddings',
  'transcriptions',
  'translations',
]);
/** Of what they answer with, nothing is known but what came. */
const OF_IMAGES: ReadonlySet<OperationName> = new Set([
  'image_generations',
  'image_edits',
  'image_variations',
]);

/** What stands around each message, and what an image or a file counts, in tokens. */
const A_MESSAGE = 4;
const AN_IMAGE = 765;
/** Parts that are no text, in the words of every wire: what is called, thought or refused is one. */
const SHOWN = /image|file|document|audio/;
/** OpenAI's models hear a token in a tenth of a second. */
const A_SECOND = 10;

/** Should the text of a stream be looked at, in case that its usage never comes? */
export function isOfText(operation: OperationName): boolean {
  return OF_TEXT.has(operation);
}

/** What a call probably used whose upstream did not say; undefined where there is no telling. */
export function estimateUsage(call: Call, winner: Winner | undefined): Usage | undefined {
  const { operation, request } = call;
  const promptTokens = call.promptEstimate ?? estimatePrompt(request.value);
  if (operation === 'transcriptions' || operation === 'translations') return hearingOf(call, winner);
  if (operation === 'speech') return { ...NO_USAGE, promptTokens, characters: charactersOf(request.value) };
  if (OF_IMAGES.has(operation)) return { ...NO_USAGE, promptTokens };
  // An order of documents is nothing that a model wrote.
  if (operation === 'rerank') return { ...NO_USAGE, promptTokens };
  if (!isOfText(operation)) return undefined;
  const completionTokens = operation === 'embeddings' ? 0 : completionOf(winner);
  return { ...NO_USAGE, promptTokens, completionTokens };
}

/** By its tokens and by its seconds: what it costs is one of the two. */
function hearingOf({ request: { value, upload } }: Call, winner: Winner | undefined): Usage {
  const { response_format: format } = value as TranscriptionRequest;
  const body = winner?.kind === 'whole' ? winner.decoded.body.toString() : '';
  const subtitles = format === 'srt' || format === 'vtt' ? readSubtitles(body) : undefined;
  const audioSeconds = upload?.seconds ?? subtitles?.seconds ?? 0;
  const audioPromptTokens = Math.ceil(audioSeconds * A_SECOND);
  const plain = subtitles?.text ?? (format === 'text' ? body : undefined);
  return {
    ...NO_USAGE,
    promptTokens: estimatePrompt(value) + audioPromptTokens,
    audioPromptTokens,
    completionTokens: plain === undefined ? completionOf(winner) : estimateTokens(plain),
    audioSeconds,
  };
}

/** Unicode code points. */
function charactersOf(value: RelayedRequest): number {
  const { input } = value as SpeechRequest;
  return typeof input === 'string' ? [...input].length : 0;
}

function completionOf(winner: Winner | undefined): number {
  if (!winner) return 0;
  if (winner.kind === 'pieces') return winner.pieces.seen?.tokens() ?? 0;
  return estimateTokens(textsOfAnswer(winner.decoded.body.toString()).join(''));
}

/** The tokens of what is asked, by its texts. */
export function estimatePrompt(value: RelayedRequest): number {
  const {
    messages,
    system,
    instructions,
    prompt,
    input,
    query,
    documents,
    tools,
    functions,
    response_format,
  } = value as RelayedRequest & Readonly<Record<string, unknown>>;
  const texts: string[] = [];
  let tokens = 0;
  if (Array.isArray(messages)) {
    tokens += messages.length * A_MESSAGE;
    for (const message of messages) {
      tokens += countImages(message) * AN_IMAGE;
      collect(message, texts);
    }
  }
  for (const said of [system, instructions]) collect(said, texts);
  for (const given of [prompt, input]) tokens += takeTexts(given, texts);
  for (const given of [query, documents]) collect(given, texts);
  // Of an image or a sound it is a word, which no model reads.
  const schemas = isObject(response_format) ? [tools, functions, response_format] : [tools, functions];
  for (const schema of schemas) if (schema) texts.push(JSON.stringify(schema));
  return tokens + estimateTokens(texts.join('\n'));
}

/** A text, several, tokens, or several of those. Answers with the number of tokens that were given as such. */
function takeTexts(given: unknown, texts: string[]): number {
  if (typeof given === 'number') return 1;
  if (typeof given === 'string') texts.push(given);
  // An item of a response's input, or a part.
  if (isObject(given) && !Array.isArray(given)) {
    collect(given, texts);
    return countImages(given) * AN_IMAGE;
  }
  if (!Array.isArray(given)) return 0;
  return given.reduce<number>((sum, item) => sum + takeTexts(item, texts), 0);
}

function countImages(message: unknown): number {
  if (!isObject(message) || !Array.isArray(message.content)) return 0;
  return message.content.filter(
    (part) => isObject(part) && typeof part.type === 'string' && SHOWN.test(part.type),
  ).length;
}
