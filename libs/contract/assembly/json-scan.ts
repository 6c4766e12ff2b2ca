// AssemblyScript: compiled to WebAssembly (`node .tools/bootstrap.mjs`), and driven by `src/json-scanner.ts`.

import { isDigit, isEscape, isHex, isSpace, skipText } from './letters';

/**
 * Is a text JSON (RFC 8259), and where do the outermost members of its object stand? Reads windows of the text, one
 * after the other, so that its memory does not grow with the text; inside of strings sixteen bytes at a time.
 */

/** The window, at 0 of the memory. */
const WINDOW_BYTES: i32 = 64 * 1024;
/** One byte for each container that is open: is it an object? */
const CONTAINERS: i32 = WINDOW_BYTES;
/** Deeper is nobody's request. */
const DEEPEST: i32 = 64;
/** Four offsets for each member: of its name (the end is negative where the name has escapes) and of its value. */
const MEMBERS: i32 = CONTAINERS + 128;

/** What may come next. */
const VALUE = 0;
const FIRST_ITEM = 1;
const NAME = 2;
const FIRST_NAME = 3;
const COLON = 4;
const COMMA = 5;
const STRING = 6;
const ESCAPE = 7;
const HEX = 8;
const WORD = 9;
const NOTHING = 10;
/** Within a number: what stands before. */
const MINUS = 11;
const POINT = 12;
const EXPONENT = 13;
const EXPONENT_SIGN = 14;
/** A number may end behind these. */
const ZERO = 15;
const INTEGER = 16;
const FRACTION = 17;
const EXPONENT_DIGIT = 18;

/** Answers of `scan`. */
const BROKEN = 0;
const UNFINISHED = 1;
const WHOLE = 2;
const TOO_DEEP = 3;

let state: i32 = VALUE;
let depth: i32 = 0;
let deepest: i32 = 0;
let isName: bool = false;
let isEscaped: bool = false;
/** Letters of `true`, `false` or `null` that are to come, and digits of `\u0000`. */
let letters: u32 = 0;
let digits: i32 = 0;
let nameStart: i32 = 0;
let nameEnd: i32 = 0;
let valueStart: i32 = 0;
let count: i32 = 0;
let close: i32 = -1;

/** A new text begins. */
export function begin(): void {
  state = VALUE;
  depth = 0;
  deepest = 0;
  isName = false;
  count = 0;
  close = -1;
}

/** How many members ended in the last window. */
export function memberCount(): i32 {
  return count;
}

/** Offset of what closed the outermost container; -1: there was none. */
export function closedAt(): i32 {
  return close;
}

/** How many containers were open at once. */
export function deepestLevel(): i32 {
  return deepest;
}

/** Reads `length` bytes of the window; the first stands at `base` in the text. */
export function scan(length: i32, base: i32): i32 {
  let at: i32 = 0;
  count = 0;
  while (at < length) {
    const byte = <i32>load<u8>(at);
    if (state === STRING) {
      at = skipText(at, length);
      if (at < length && !readInString(<i32>load<u8>(at), base + at)) return BROKEN;
      at++;
    } else if (byte <= 0x20 && isSpace(byte) && state <= COMMA) {
      at++;
    } else if (state >= ZERO && !continuesNumber(byte)) {
      endValue(base + at);
    } else {
      const answer = read(byte, base + at);
      if (answer !== UNFINISHED) return answer;
      at++;
    }
  }
  // Nothing ends a number that stands alone but the end of the text.
  return state === NOTHING || (depth === 0 && state >= ZERO) ? WHOLE : UNFINISHED;
}

function readInString(byte: i32, offset: i32): bool {
  if (byte === 0x5c) {
    isEscaped = true;
    state = ESCAPE;
    return true;
  }
  if (byte !== 0x22) return false;
  if (!isName) endValue(offset + 1);
  else {
    isName = false;
    state = COLON;
    if (depth === 1) nameEnd = isEscaped ? -offset : offset;
  }
  return true;
}

/** Takes a byte that is no space, nor inside of a string. */
function read(byte: i32, offset: i32): i32 {
  switch (state) {
    case VALUE:
      return readValue(byte, offset);
    case FIRST_ITEM:
      return byte === 0x5d ? readClose(byte, offset) : readValue(byte, offset);
    case FIRST_NAME:
      return byte === 0x7d ? readClose(byte, offset) : readName(byte, offset);
    case NAME:
      return readName(byte, offset);
    case COLON:
      return go(byte === 0x3a, VALUE);
    case COMMA:
      return byte === 0x2c ? go(true, isObject() ? NAME : VALUE) : readClose(byte, offset);
    case ESCAPE:
      if (byte === 0x75) digits = 4;
      return byte === 0x75 ? go(true, HEX) : go(isEscape(byte), STRING);
    case HEX:
      return go(isHex(byte), --digits === 0 ? STRING : HEX);
    case WORD:
      return readLetter(byte, offset);
    case MINUS:
      return go(isDigit(byte), byte === 0x30 ? ZERO : INTEGER);
    case POINT:
      return go(isDigit(byte), FRACTION);
    case EXPONENT:
      return byte === 0x2b || byte === 0x2d ? go(true, EXPONENT_SIGN) : go(isDigit(byte), EXPONENT_DIGIT);
    case EXPONENT_SIGN:
      return go(isDigit(byte), EXPONENT_DIGIT);
    case NOTHING:
      return isSpace(byte) ? UNFINISHED : BROKEN;
    default:
      // What continues a number.
      if (byte === 0x2e) state = POINT;
      else if (!isDigit(byte)) state = EXPONENT;
      return UNFINISHED;
  }
}

function go(isRight: bool, next: i32): i32 {
  state = next;
  return isRight ? UNFINISHED : BROKEN;
}

function continuesNumber(byte: i32): bool {
  if (isDigit(byte)) return state !== ZERO;
  if (byte === 0x2e) return state <= INTEGER;
  return (byte | 0x20) === 0x65 && state !== EXPONENT_DIGIT;
}

function readValue(byte: i32, offset: i32): i32 {
  if (depth === 1) valueStart = offset;
  if (byte === 0x22) return go(true, STRING);
  if (byte === 0x7b || byte === 0x5b) return open(byte === 0x7b);
  if (byte === 0x2d) return go(true, MINUS);
  if (isDigit(byte)) return go(true, byte === 0x30 ? ZERO : INTEGER);
  // The letters that follow, the first one last.
  if (byte === 0x74) letters = 0x657572;
  else if (byte === 0x66) letters = 0x65736c61;
  else if (byte === 0x6e) letters = 0x6c6c75;
  else return BROKEN;
  return go(true, WORD);
}

function open(opensObject: bool): i32 {
  if (depth === DEEPEST) return TOO_DEEP;
  if (++depth > deepest) deepest = depth;
  store<u8>(CONTAINERS + depth, opensObject ? 1 : 0);
  return go(true, opensObject ? FIRST_NAME : FIRST_ITEM);
}

function isObject(): bool {
  return load<u8>(CONTAINERS + depth) === 1;
}

function readClose(byte: i32, offset: i32): i32 {
  if (byte !== (isObject() ? 0x7d : 0x5d)) return BROKEN;
  depth--;
  if (depth === 0) close = offset;
  endValue(offset + 1);
  return UNFINISHED;
}

function readName(byte: i32, offset: i32): i32 {
  isName = true;
  isEscaped = false;
  if (depth === 1) nameStart = offset;
  return go(byte === 0x22, STRING);
}

function readLetter(byte: i32, offset: i32): i32 {
  if (byte !== <i32>(letters & 0xff)) return BROKEN;
  letters >>= 8;
  if (letters === 0) endValue(offset + 1);
  return UNFINISHED;
}

function endValue(end: i32): void {
  state = depth === 0 ? NOTHING : COMMA;
  if (depth !== 1 || !isObject()) return;
  const member = MEMBERS + (count++ << 4);
  store<i32>(member, nameStart);
  store<i32>(member, nameEnd, 4);
  store<i32>(member, valueStart, 8);
  store<i32>(member, end, 12);
}
