import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NAMES, printed } from '../../../test/support/printed-json.js';
import { JsonMembers } from './json-members.js';

const members = new JsonMembers(NAMES);

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
