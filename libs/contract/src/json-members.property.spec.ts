import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonMembers } from './json-members.js';

const NAMES = ['model', 'usage', 'stream_options', 'error'] as const;
const members = new JsonMembers(NAMES);

const NASTY = [
  '"model":"x"',
  '}',
  '{"model":1}',
  '\\',
  '\\\\"',
  '","model":"',
  '"',
  '\u0000',
  '😀',
  '\ud800',
];
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(...NASTY),
  fc
    .tuple(fc.string({ minLength: 40, maxLength: 60 }), fc.constantFrom(...NASTY))
    .map((parts) => parts.join('')),
);
const value = fc.oneof(
  text,
  fc.json({ maxDepth: 3 }).map((json): unknown => JSON.parse(json)),
  fc.constantFrom<unknown>(null, {}, [], { model: 'inner', usage: [{ model: '}' }] }, 1e-7, -0.5, true),
);
const name = fc.oneof(fc.constantFrom<string>(...NAMES), text);
const object = fc.uniqueArray(fc.tuple(name, value), { maxLength: 6, selector: ([key]) => key });

const SPACES = ['', '', ' ', '\n', '\r\n\t ', '  '];

/** Prints a value with white space and `\u` escapes where `dice` say so. */
function print(value: unknown, dice: () => number): string {
  const space = (): string => SPACES[dice() % SPACES.length] ?? '';
  const string = (text: string): string => (dice() % 3 === 0 ? escaped(text) : JSON.stringify(text));
  const list = (items: string[]): string => items.map((item) => space() + item + space()).join(',');
  if (typeof value === 'string') return string(value);
  if (Array.isArray(value)) return `[${list(value.map((item) => print(item, dice)))}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([k, v]) => `${string(k)}${space()}:${space()}${print(v, dice)}`);
  return `{${list(entries)}${entries.length === 0 ? space() : ''}}`;
}

function escaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, at) =>
    text.charCodeAt(at).toString(16).padStart(4, '0'),
  );
  return `"${units.map((unit) => `\\u${unit}`).join('')}"`;
}

/** An object, printed compactly or loosely. */
const printed = fc
  .tuple(object, fc.option(fc.array(fc.nat(997), { minLength: 1, maxLength: 30 })))
  .map(([entries, dice]) => {
    // As JSON.parse does it: `__proto__` is a member like any other.
    const original = Object.fromEntries(entries) as Record<string, unknown>;
    if (!dice) return JSON.stringify(original);
    let at = 0;
    const roll = (): number => dice[at++ % dice.length] ?? 0;
    return ` ${print(original, roll)}\n`;
  });

/** Is `name` found in `bytes` as JSON.parse finds it, and is the rest right when it is replaced or cut out? */
function isRight(bytes: Buffer, name: (typeof NAMES)[number], parsed: Record<string, unknown>): boolean {
  const [start, end] = [members.start(name), members.end(name)];
  if (!Object.hasOwn(parsed, name)) return start === -1;
  const cut = members.spanOf(name);
  const replaced = `${bytes.toString('utf8', 0, start)}"new"${bytes.toString('utf8', end)}`;
  const shortened = bytes.toString('utf8', 0, cut.start) + bytes.toString('utf8', cut.end);
  const { [name]: own, ...rest } = parsed;
  return (
    isDeepStrictEqual(JSON.parse(bytes.toString('utf8', start, end)), own) &&
    isDeepStrictEqual(JSON.parse(replaced), { ...parsed, [name]: 'new' }) &&
    isDeepStrictEqual(JSON.parse(shortened), rest)
  );
}

describe('any object, printed anyhow', { timeout: 60_000 }, () => {
  it('has its members found, replaced and cut out', () => {
    fc.assert(
      fc.property(printed, (json) => {
        const bytes = Buffer.from(json);
        const parsed = JSON.parse(bytes.toString()) as Record<string, unknown>;
        const isRead =
          members.read(bytes) && members.duplicate === undefined && bytes[members.close] === 0x7d;
        // One `expect` a run: ten thousand times several would take most of the time.
        expect([isRead, NAMES.filter((name) => !isRight(bytes, name, parsed))]).toEqual([true, []]);
      }),
      { numRuns: 10_000 },
    );
  });

  it('is refused when it is cut short', () => {
    fc.assert(
      fc.property(printed, fc.nat(), (json, at) => {
        const bytes = Buffer.from(json.trim());
        expect(members.read(bytes.subarray(0, at % bytes.length))).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('any bytes', { timeout: 60_000 }, () => {
  it('end the reading within bounds', () => {
    const mess = fc.array(fc.constantFrom(...'{}[]":,\\ ax', '"model"'), { maxLength: 30 });
    fc.assert(
      fc.property(mess, (pieces) => {
        const bytes = Buffer.from(`{${pieces.join('')}`);
        const isRead = members.read(bytes);
        const ends = [...NAMES.map((name) => members.end(name)), isRead ? members.close + 1 : 0];
        expect(Math.max(...ends)).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 5_000 },
    );
  });
});
