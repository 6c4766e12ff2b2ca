import { JsonMembers, objectSpans, readUsage } from '#contract';
import type { EmbeddingsRequest } from '#contract';
import { pack } from '../openai-compatible/decode-embeddings.js';
import { broken } from '../openai-compatible/decode-stream.js';
import type { DecodeContext, Decoded } from '../spec.js';
import { decodeEmbeddedError } from './decode-error.js';
import type { UsageMetadata } from './wire.js';

const members = new JsonMembers(['embeddings', 'usageMetadata', 'error']);
const embeddings = new JsonMembers(['values']);

/** Google's vectors in the encoding that was asked for, digit by digit where that is none. @throws GatewayError */
export function decodeEmbeddings(body: Buffer, context: DecodeContext): Decoded {
  if (!members.read(body)) throw broken('The provider answered with something that is not JSON.');
  if (members.start('error') >= 0) throw decodeEmbeddedError(body);
  const [start, end] = [members.start('embeddings'), members.end('embeddings')];
  if (start < 0) throw broken('The provider answered with something that is not a list of embeddings.');
  const vectors = objectSpans(body, start, end).map((span) => valuesIn(body, span.start, span.end));
  return printEmbeddings(vectors, tokensIn(body), context);
}

/**
 * @param vectors the JSON text of each, without white space
 * @param tokens undefined: Google did not count
 */
export function printEmbeddings(
  vectors: readonly string[],
  tokens: number | undefined,
  context: DecodeContext,
): Decoded {
  const told = tokens === undefined ? undefined : { prompt_tokens: tokens, total_tokens: tokens };
  const isPacked = (context.request as EmbeddingsRequest).encoding_format === 'base64';
  const data = vectors.map((values, index) => {
    const vector = isPacked ? JSON.stringify(pack(JSON.parse(values) as number[])) : values;
    return `{"object":"embedding","index":${index},"embedding":${vector}}`;
  });
  // OpenAI's wire has no answer without a usage: what Google did not tell is nothing.
  const usage = JSON.stringify(told ?? { prompt_tokens: 0, total_tokens: 0 });
  const text = `{"object":"list","data":[${data.join(',')}],"model":${context.model.toString()},"usage":${usage}}`;
  return { body: Buffer.from(text), usage: readUsage(told) };
}

/** The vector of the embedding at `[start, end)`, as JSON text. @throws GatewayError where it has none */
export function valuesIn(body: Buffer, start: number, end: number): string {
  embeddings.read(body, start, end);
  const from = embeddings.start('values');
  if (from < 0) throw broken('The provider answered with an embedding that has no values.');
  return body.toString('latin1', from, embeddings.end('values')).replaceAll(/\s+/g, '');
}

function tokensIn(body: Buffer): number | undefined {
  const start = members.start('usageMetadata');
  if (start < 0) return undefined;
  const told = JSON.parse(body.toString('utf8', start, members.end('usageMetadata'))) as UsageMetadata | null;
  return told?.promptTokenCount;
}
