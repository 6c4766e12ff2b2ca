import { createHash } from 'node:crypto';
import { countWords, textsOf } from './answer-completions.js';
import { type Whole, wholeJson } from './play.js';
import { missing, type Request } from './request.js';

const DEFAULT_DIMENSIONS = 8;

/** A vector of length 1 for each input: the same for the same text. */
export function answerEmbeddings({ name, fields, script }: Request): Whole {
  if (fields['input'] === undefined) throw missing('input');
  const texts = textsOf(fields['input']);
  const { dimensions } = fields;
  const size = typeof dimensions === 'number' ? dimensions : DEFAULT_DIMENSIONS;
  const isBase64 = fields['encoding_format'] === 'base64' && !script.ignoresBase64;
  const tokens = countWords(texts);
  const data = texts.map((text, index) => {
    const vector = vectorOf(text, size);
    const embedding = isBase64 ? Buffer.from(vector.buffer).toString('base64') : [...vector];
    return { object: 'embedding', index, embedding };
  });
  return wholeJson({
    object: 'list',
    data,
    model: name,
    ...(script.usage !== false && { usage: { prompt_tokens: tokens, total_tokens: tokens } }),
  });
}

function vectorOf(text: string, size: number): Float32Array {
  const values = Array.from({ length: size }, (_, at) => {
    const digest = createHash('sha256').update(`${at}:${text}`).digest();
    return digest.readInt32LE(0) / 2 ** 31;
  });
  const length = Math.hypot(...values) || 1;
  return Float32Array.from(values, (value) => value / length);
}
