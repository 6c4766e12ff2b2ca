import type { EmbeddingsRequest } from '#contract';
import { readUsage } from '#contract';
import type { DecodeContext, Decoded } from '../spec.js';
import { pack } from './decode-embeddings.js';

/**
 * OpenAI's answer of embeddings, in the encoding that was asked for.
 *
 * @param vectors as JSON text: they keep their digits where none are packed
 * @param tokens of all texts; undefined: the provider did not count them
 */
export function printEmbeddings(
  vectors: readonly string[],
  tokens: number | undefined,
  context: DecodeContext,
): Decoded {
  const isPacked = (context.request as EmbeddingsRequest).encoding_format === 'base64';
  const data = vectors.map((values, index) => {
    const vector = isPacked ? JSON.stringify(pack(JSON.parse(values) as number[])) : values;
    return `{"object":"embedding","index":${index},"embedding":${vector}}`;
  });
  const told = tokens === undefined ? undefined : { prompt_tokens: tokens, total_tokens: tokens };
  // OpenAI's wire has no answer without a usage: what the provider did not tell is nothing.
  const usage = JSON.stringify(told ?? { prompt_tokens: 0, total_tokens: 0 });
  const text = `{"object":"list","data":[${data.join(',')}],"model":${context.model.toString()},"usage":${usage}}`;
  return { body: Buffer.from(text), usage: readUsage(told) };
}
