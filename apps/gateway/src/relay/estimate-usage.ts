import { NO_USAGE } from '#contract';
import type { OperationName, RelayedRequest, Usage } from '#contract';
import { estimateTokens } from '#metering';
import type { Winner } from './attempt.js';
import type { Call } from './call.js';
import { collect, isObject, textsOfAnswer } from './texts.js';

/** Operations that are counted in tokens of text: of the others nobody can tell what they used. */
const OF_TEXT: ReadonlySet<OperationName> = new Set(['chat', 'completions', 'embeddings']);

/** What stands around each message, and what an image or a file counts, in tokens. */
const A_MESSAGE = 4;
const AN_IMAGE = 765;

/** Should the text of a stream be looked at, in case that its usage never comes? */
export function isOfText(operation: OperationName): boolean {
  return OF_TEXT.has(operation);
}

/** What a call probably used whose upstream did not say; undefined where there is no telling. */
export function estimateUsage({ operation, request }: Call, winner: Winner | undefined): Usage | undefined {
  if (!isOfText(operation)) return undefined;
  const completionTokens = operation === 'embeddings' ? 0 : completionOf(winner);
  return { ...NO_USAGE, promptTokens: promptOf(request.value), completionTokens };
}

function completionOf(winner: Winner | undefined): number {
  if (!winner) return 0;
  if (winner.kind === 'pieces') return winner.pieces.seen?.tokens() ?? 0;
  return estimateTokens(textsOfAnswer(winner.decoded.body.toString()).join(''));
}

function promptOf(value: RelayedRequest): number {
  const { messages, prompt, input, tools, functions, response_format } = value as RelayedRequest &
    Readonly<Record<string, unknown>>;
  const texts: string[] = [];
  let tokens = 0;
  if (Array.isArray(messages)) {
    tokens += messages.length * A_MESSAGE;
    for (const message of messages) {
      tokens += countImages(message) * AN_IMAGE;
      collect(message, texts);
    }
  }
  for (const given of [prompt, input]) tokens += takeTexts(given, texts);
  for (const schema of [tools, functions, response_format]) if (schema) texts.push(JSON.stringify(schema));
  return tokens + estimateTokens(texts.join('\n'));
}

/** A text, several, tokens, or several of those. Answers with the number of tokens that were given as such. */
function takeTexts(given: unknown, texts: string[]): number {
  if (typeof given === 'number') return 1;
  if (typeof given === 'string') texts.push(given);
  if (!Array.isArray(given)) return 0;
  return given.reduce<number>((sum, item) => sum + takeTexts(item, texts), 0);
}

function countImages(message: unknown): number {
  if (!isObject(message) || !Array.isArray(message.content)) return 0;
  return message.content.filter(
    (part) => isObject(part) && typeof part.type === 'string' && part.type !== 'text',
  ).length;
}
