import { JsonMembers, readUsage } from '#contract';
import type { EmbeddingsRequest } from '#contract';
import { pack } from '../openai-compatible/decode-embeddings.js';
import { broken } from '../openai-compatible/decode-stream.js';
import type { DecodeContext, Decoded } from '../spec.js';
import type { AnswerUsage } from './wire.js';

const members = new JsonMembers(['embeddings', 'meta']);
const types = new JsonMembers(['float']);

/** Cohere's vectors in the encoding that was asked for, digit by digit where that is none. @throws GatewayError */
export function decodeEmbeddings(body: Buffer, context: DecodeContext): Decoded {
  if (!members.read(body)) throw broken('The provider answered with something that is not JSON.');
  const isPacked = (context.request as EmbeddingsRequest).encoding_format === 'base64';
  const data = vectorsIn(body).map((values, index) => {
    const vector = isPacked ? JSON.stringify(pack(JSON.parse(values) as number[])) : values;
    return `{"object":"embedding","index":${index},"embedding":${vector}}`;
  });
  const told = usageOf(body);
  // OpenAI's wire has no answer without a usage: what Cohere did not tell is nothing.
  const usage = JSON.stringify(told ?? { prompt_tokens: 0, total_tokens: 0 });
  const text = `{"object":"list","data":[${data.join(',')}],"model":${context.model.toString()},"usage":${usage}}`;
  return { body: Buffer.from(text), usage: readUsage(told) };
}

/** Lists of numbers, as they stand in the text. */
function vectorsIn(body: Buffer): string[] {
  const start = members.start('embeddings');
  const isObject = start >= 0 && body[start] === '{'.charCodeAt(0);
  if (isObject) types.read(body, start, members.end('embeddings'));
  if (!isObject || types.start('float') < 0) {
    throw broken('The provider answered with something that is not a list of embeddings.');
  }
  const text = body.toString('latin1', types.start('float') + 1, types.end('float') - 1);
  return [...text.matchAll(/\[[^[\]]*\]/g)].map(([vector]) => vector.replaceAll(/\s+/g, ''));
}

function usageOf(body: Buffer): { prompt_tokens: number; total_tokens: number } | undefined {
  const start = members.start('meta');
  if (start < 0) return undefined;
  const meta = JSON.parse(body.toString('utf8', start, members.end('meta'))) as AnswerUsage | null;
  const tokens = meta?.billed_units?.input_tokens ?? meta?.tokens?.input_tokens;
  return typeof tokens === 'number' ? { prompt_tokens: tokens, total_tokens: tokens } : undefined;
}
