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
  const vector = new Float32Array(size);
  let state = createHash('sha256').update(text).digest().readInt32LE(0) || 1;
  let square = 0;
  for (let at = 0; at < size; at++) {
    state = shuffle(state);
    const value = state / 2 ** 31;
    vector[at] = value;
    square += value * value;
  }
  const length = Math.sqrt(square) || 1;
  for (let at = 0; at < size; at++) vector[at] = (vector[at] ?? 0) / length;
  return vector;
}

/** Marsaglia's xorshift: a hash of every number would be most of what a long vector takes. */
function shuffle(state: number): number {
  const first = state ^ (state << 13);
  const second = first ^ (first >>> 17);
  return second ^ (second << 5);
}
