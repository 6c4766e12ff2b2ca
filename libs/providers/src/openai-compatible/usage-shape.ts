import { readUsage } from '#contract';
import type { Usage } from '#contract';

const SPACE = 0x20;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const LETTER_E = 0x65;

/** Numbers of more digits are left to `JSON.parse`. */
const MOST_DIGITS = 9;
/** Stands in the text of a shape for a number. */
const NUMBER = 0;
/** What is put in place of the first number, and so on, to see what is read of it. */
const PROBE = 1_000_001;

const FIELDS = [
  'promptTokens',
  'completionTokens',
  'cachedTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'audioPromptTokens',
  'audioCompletionTokens',
] as const;

/** Of the text that is being read; 0 behind the last. */
const numbers: number[] = [];

/**
 * What the text of a `usage` member is but for its numbers. Those of one provider and model are all alike: which number
 * is which was seen in the first one, and the others are read without their names being looked for again.
 */
export class UsageShape {
  private constructor(
    private readonly text: readonly number[],
    /** Which number each of `FIELDS` is. */
    private readonly places: readonly number[],
  ) {}

  /** Undefined: it has no shape that says which number is which. */
  static of(bytes: Buffer, start: number, end: number): UsageShape | undefined {
    const text: number[] = [];
    let probe = '';
    let count = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === NUMBER) return undefined;
      if (!isDigit(byte) || !mayStand(bytes[at - 1])) {
        text.push(byte);
        probe += String.fromCharCode(byte);
        continue;
      }
      while (isDigit(bytes[at + 1] as number)) at++;
      const next = bytes[at + 1] as number;
      if (next === POINT || (next | SPACE) === LETTER_E) return undefined;
      text.push(NUMBER);
      probe += PROBE + count++;
    }
    const places = placesIn(probe, count);
    return places && new UsageShape(text, places);
  }

  /** Undefined: it is of another shape. */
  read(bytes: Buffer, start: number, end: number): Usage | undefined {
    const { text, places } = this;
    let at = start;
    let count = 0;
    for (let index = 0; index < text.length; index++) {
      if (text[index] !== NUMBER) {
        if (bytes[at++] !== text[index]) return undefined;
        continue;
      }
      const from = at;
      let value = 0;
      for (let byte = bytes[at] as number; isDigit(byte); byte = bytes[++at] as number)
        value = value * 10 + byte - ZERO;
      if (at === from || at - from > MOST_DIGITS) return undefined;
      numbers[count++] = value;
    }
    if (at !== end) return undefined;
    numbers[count] = 0;
    return {
      promptTokens: numbers[places[0] as number] as number,
      completionTokens: numbers[places[1] as number] as number,
      cachedTokens: numbers[places[2] as number] as number,
      cacheWriteTokens: numbers[places[3] as number] as number,
      reasoningTokens: numbers[places[4] as number] as number,
      audioPromptTokens: numbers[places[5] as number] as number,
      audioCompletionTokens: numbers[places[6] as number] as number,
      images: 0,
      audioSeconds: 0,
      characters: 0,
    };
  }
}

/** A field that no number is read for is 0. Undefined: one of them is read from a number that has no place. */
function placesIn(probe: string, count: number): number[] | undefined {
  const usage = parse(probe);
  if (!usage || usage.audioSeconds > 0) return undefined;
  const places = FIELDS.map((field) => (usage[field] === 0 ? count : usage[field] - PROBE));
  return places.every((place) => place >= 0 && place <= count) ? places : undefined;
}

function parse(text: string): Usage | undefined {
  try {
    return readUsage(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

/** A number behind this, which is no part of a name. */
function mayStand(before: number | undefined): boolean {
  return before === COLON || before === SPACE;
}

const shapes: UsageShape[] = [];
const MOST_SHAPES = 16;

/** What the text of a `usage` member in `[start, end)` says; undefined: it is none. */
export function readUsageText(bytes: Buffer, start: number, end: number): Usage | undefined {
  for (const shape of shapes) {
    const usage = shape.read(bytes, start, end);
    if (usage) return usage;
  }
  const shape = shapes.length < MOST_SHAPES ? UsageShape.of(bytes, start, end) : undefined;
  if (shape) shapes.push(shape);
  // What is read of it are numbers, and names in ASCII.
  return parse(bytes.toString('latin1', start, end));
}
