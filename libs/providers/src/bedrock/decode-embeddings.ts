import { JsonMembers } from '#contract';
import { broken } from '../openai-compatible/decode-stream.js';
import { printEmbeddings } from '../openai-compatible/print-embeddings.js';
import type { DecodeContext, Decoded } from '../spec.js';

/** Titan's `embedding` of one text, Cohere's `embeddings` of several, bare or by type. */
const members = new JsonMembers(['embedding', 'embeddings', 'inputTextTokenCount']);
const types = new JsonMembers(['float']);

const OPEN_BRACE = 0x7b;
const VECTOR = /\[[^[\]]*\]/g;

/** The model's vectors in the encoding that was asked for, digit by digit where that is none. @throws GatewayError */
export function decodeEmbeddings(body: Buffer, context: DecodeContext): Decoded {
  if (!members.read(body)) throw broken('The provider answered with something that is not JSON.');
  const name = members.start('embedding') >= 0 ? 'embedding' : 'embeddings';
  const start = members.start(name);
  if (start < 0) throw broken('The provider answered with something that is not a list of embeddings.');
  const end = members.end(name);
  const counted = members.start('inputTextTokenCount');
  const tokens =
    counted < 0 ? undefined : Number(body.toString('latin1', counted, members.end('inputTextTokenCount')));
  const vectors = textOf(body, start, end).replaceAll(/\s+/g, '').match(VECTOR) ?? [];
  return printEmbeddings(vectors, tokens, context);
}

function textOf(body: Buffer, start: number, end: number): string {
  if (body[start] !== OPEN_BRACE) return body.toString('latin1', start, end);
  types.read(body, start, end);
  if (types.start('float') < 0) throw broken('The provider answered with embeddings of another type.');
  return body.toString('latin1', types.start('float'), types.end('float'));
}
