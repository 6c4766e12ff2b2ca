import { JsonMembers } from './json-members.js';
import type { Span } from './operation.js';

const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const SPACE = 0x20;

const scanner = new JsonMembers([]);

/** Where the objects stand in the array `bytes[start, end)`; an array of anything else has none. */
export function objectSpans(bytes: Buffer, start: number, end: number): Span[] {
  const spans: Span[] = [];
  if (start < 0 || bytes[start] !== OPEN_BRACKET) return spans;
  const skip = (from: number): number => {
    let at = from;
    while (at < end && ((bytes[at] ?? 0) <= SPACE || bytes[at] === COMMA)) at++;
    return at;
  };
  for (let at = skip(start + 1); bytes[at] === OPEN_BRACE; at = skip(scanner.close + 1)) {
    // It is not the end of the text that is asked for: the array goes on behind the object.
    scanner.read(bytes, at, end);
    if (scanner.close < 0) return [];
    spans.push({ start: at, end: scanner.close + 1 });
  }
  return spans;
}
