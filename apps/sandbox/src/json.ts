/** Any value that JSON can spell. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Is this a JSON object (not null, not an array)? */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const STRING = /"(?:[^"\\]|\\.)*"/gsy;
const SCALAR = /[^\s,\]}]+/gy;
const SPACE = /\s*/gy;

function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
}

function endOfValue(text: string, from: number): number {
  const first = text[from];
  if (first === '"') return endOf(STRING, text, from);
  if (first !== '{' && first !== '[') return endOf(SCALAR, text, from);
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOf(STRING, text, at) - 1;
    else if (character === '{' || character === '[') depth++;
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1;
  }
  return text.length;
}

/**
 * The text of a top-level member exactly as it was written, so a 64-bit seed keeps the digits that
 * JSON.parse would round. `text` must be an object that JSON.parse accepts; the last duplicate wins, as there.
 */
export function rawMember(text: string, key: string): string | undefined {
  let found: string | undefined;
  let at = endOf(SPACE, text, text.indexOf('{') + 1);
  while (text[at] === '"') {
    const nameEnd = endOf(STRING, text, at);
    const name: unknown = JSON.parse(text.slice(at, nameEnd));
    const from = endOf(SPACE, text, endOf(SPACE, text, nameEnd) + 1);
    const to = endOfValue(text, from);
    if (name === key) found = text.slice(from, to);
    at = endOf(SPACE, text, endOf(SPACE, text, to) + 1);
  }
  return found;
}
