import { JsonMembers, splice } from '#contract';
import type { EmbeddingsRequest } from '#contract';
import type { DecodeContext, Decoded } from '../spec.js';
import { decodeResponse } from './decode-response.js';

const members = new JsonMembers(['data']);
const BYTES_PER_FLOAT = 4;

/**
 * Embeddings in the encoding that was asked for. Official SDKs ask for base64 unasked, and one of them reads floats
 * as an empty vector: where the upstream did not listen, its vectors are converted. Others pass as they came.
 */
export function decodeEmbeddings(body: Buffer, context: DecodeContext): Decoded {
  const decoded = decodeResponse(body, context);
  const asked = (context.request as EmbeddingsRequest).encoding_format ?? undefined;
  if (asked === undefined || !members.read(decoded.body) || members.start('data') < 0) return decoded;
  const [start, end] = [members.start('data'), members.end('data')];
  const data = decoded.body.subarray(start, end);
  if (asked === (isText(data) ? 'base64' : 'float')) return decoded;
  const converted = convert(data, asked);
  if (!converted) return decoded;
  return { ...decoded, body: splice(decoded.body, [{ start, end, text: converted }]) };
}

/** Is the first vector a text? Looked up without parsing: almost always nothing is to be done. */
function isText(data: Buffer): boolean {
  const at = data.indexOf('"embedding"', 0);
  for (let from = at; from >= 0; from = data.indexOf('"embedding"', from + 1)) {
    const value = /^"embedding"\s*:\s*(["[])/.exec(data.toString('latin1', from, from + 64));
    if (value) return value[1] === '"';
  }
  return false;
}

function convert(data: Buffer, asked: 'float' | 'base64'): Buffer | undefined {
  const items = JSON.parse(data.toString()) as { embedding?: unknown }[];
  if (!Array.isArray(items)) return undefined;
  const encoded = items.map((item) => {
    const { embedding } = item;
    if (asked === 'base64' && Array.isArray(embedding)) return { ...item, embedding: pack(embedding) };
    if (asked === 'float' && typeof embedding === 'string') return { ...item, embedding: unpack(embedding) };
    return item;
  });
  return Buffer.from(JSON.stringify(encoded));
}

/** 32-bit floats, little-endian. */
export function pack(vector: readonly unknown[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * BYTES_PER_FLOAT);
  vector.forEach((value, index) => bytes.writeFloatLE(Number(value), index * BYTES_PER_FLOAT));
  return bytes.toString('base64');
}

function unpack(text: string): number[] {
  const bytes = Buffer.from(text, 'base64');
  const vector: number[] = [];
  for (let at = 0; at + BYTES_PER_FLOAT <= bytes.length; at += BYTES_PER_FLOAT)
    vector.push(bytes.readFloatLE(at));
  return vector;
}
