import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, it } from 'vitest';
import { NAMES, printed } from '../../../test/support/printed-json.js';
import { JsonOutline } from './json-outline.js';

const outline = new JsonOutline(NAMES);

/** What `JSON.parse` says of a text; undefined: it is none. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Does the outline say of a text what `JSON.parse` does? */
function agrees(text: string): boolean {
  const bytes = Buffer.from(text);
  const parsed = parse(bytes.toString());
  const verdict = outline.read(bytes);
  if (parsed === undefined) return verdict === 'broken';
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return verdict === 'other';
  return verdict === 'object' && isSame(bytes, parsed as Record<string, unknown>);
}

function isSame(bytes: Buffer, parsed: Record<string, unknown>): boolean {
  const isFound = NAMES.every((name) => {
    const span = outline.span(name);
    if (!Object.hasOwn(parsed, name)) return span === undefined;
    return span && isDeepStrictEqual(JSON.parse(bytes.toString('utf8', span.start, span.end)), parsed[name]);
  });
  const names = Object.keys(outline.value);
  const values = outline.value as Record<string, unknown>;
  return (
    isFound &&
    isDeepStrictEqual(names, Object.keys(parsed)) &&
    names.every((name) =>
      isDeepStrictEqual(Object.getOwnPropertyDescriptor(values, name) && read(values, name), parsed[name]),
    )
  );
}

function read(values: Record<string, unknown>, name: string): unknown {
  const member = Object.getOwnPropertyDescriptor(values, name);
  return member?.get ? member.get.call(values) : member?.value;
}

/** Pieces of JSON, in any order. */
const MESS = [...'{}[]":,\\ 019.-+eEtfnx\u0000\u001f\n', '"model"', 'true', 'null', '\\u00e9', '1e5', '"a":'];

/** Where one window of the reader ends and the next begins. */
const WINDOW = 64 * 1024;

describe('the outline of a text', { timeout: 60_000 }, () => {
  it('is what JSON.parse makes of an object, printed anyhow', () => {
    fc.assert(
      fc.property(printed, (json) => agrees(json)),
      { numRuns: 5_000 },
    );
  });

  it('and of one in which something was put, taken out, or doubled', () => {
    const change = fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...MESS));
    fc.assert(
      fc.property(printed, change, (json, [place, length, put]) => {
        const at = place % (json.length + 1);
        return agrees(json.slice(0, at) + put + json.slice(at + length));
      }),
      { numRuns: 20_000 },
    );
  });

  it('and of any mess', () => {
    const mess = fc.array(fc.constantFrom(...MESS), { maxLength: 20 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(mess, fc.boolean(), (text, isObject) => agrees(isObject ? `{"a":${text}}` : text)),
      { numRuns: 20_000 },
    );
  });

  it('and of a text of several windows, wherever one ends', () => {
    const broken = fc.constantFrom('', '', '}', ',', '\n', '"', '\\');
    fc.assert(
      fc.property(printed, broken, fc.nat(200), fc.boolean(), (json, put, back, isText) => {
        const filler = 'x'.repeat(WINDOW - back);
        const head = isText ? `{"filler":"${filler}",` : `{${' '.repeat(WINDOW - back)}"filler":1,`;
        const rest = json.trim().slice(1);
        return agrees(rest.trim() === '}' ? `${head}"a":[${put}]}` : head + put + rest);
      }),
      { numRuns: 300 },
    );
  });
});
