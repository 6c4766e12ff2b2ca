import { JsonMembers, objectSpans } from '#contract';
import { decodeEmbeddedError } from '../gemini/decode-error.js';
import { valuesIn } from '../gemini/decode-embeddings.js';
import { printEmbeddings } from '../openai-compatible/print-embeddings.js';
import { broken } from '../openai-compatible/decode-stream.js';
import type { DecodeContext, Decoded } from '../spec.js';

const members = new JsonMembers(['predictions', 'error']);
const predictions = new JsonMembers(['embeddings']);
const embeddings = new JsonMembers(['statistics']);

/** Vectors of `predict` in the encoding that was asked for. @throws GatewayError */
export function decodeEmbeddings(body: Buffer, context: DecodeContext): Decoded {
  if (!members.read(body)) throw broken('The provider answered with something that is not JSON.');
  if (members.start('error') >= 0) throw decodeEmbeddedError(body);
  const [start, end] = [members.start('predictions'), members.end('predictions')];
  if (start < 0) throw broken('The provider answered with something that is not a list of embeddings.');
  let tokens: number | undefined;
  const vectors = objectSpans(body, start, end).map((span) => {
    predictions.read(body, span.start, span.end);
    const [from, to] = [predictions.start('embeddings'), predictions.end('embeddings')];
    if (from < 0) throw broken('The provider answered with something that is not an embedding.');
    const counted = tokensIn(body, from, to);
    if (counted !== undefined) tokens = (tokens ?? 0) + counted;
    return valuesIn(body, from, to);
  });
  return printEmbeddings(vectors, tokens, context);
}

function tokensIn(body: Buffer, start: number, end: number): number | undefined {
  embeddings.read(body, start, end);
  const from = embeddings.start('statistics');
  if (from < 0) return undefined;
  const told = JSON.parse(body.toString('utf8', from, embeddings.end('statistics'))) as {
    token_count?: number;
  } | null;
  return told?.token_count;
}
