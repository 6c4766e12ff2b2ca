import { JsonMembers, objectSpans } from '#contract';
import { broken } from '../openai-compatible/decode-stream.js';
import { printEmbeddings } from '../openai-compatible/print-embeddings.js';
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
