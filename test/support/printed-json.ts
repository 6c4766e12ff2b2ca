import * as fc from 'fast-check';

/** Names of members that are looked for. */
export const NAMES = ['model', 'usage', 'stream_options', 'error'] as const;

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
export const printed = fc
  .tuple(object, fc.option(fc.array(fc.nat(997), { minLength: 1, maxLength: 30 })))
  .map(([entries, dice]) => {
    // As JSON.parse does it: `__proto__` is a member like any other.
    const original = Object.fromEntries(entries) as Record<string, unknown>;
    if (!dice) return JSON.stringify(original);
    let at = 0;
    const roll = (): number => dice[at++ % dice.length] ?? 0;
    return ` ${print(original, roll)}\n`;
  });
