import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bag } from './bag.js';

const make = (name: number) => ({ name, place: -1 });
const names = (bag: Bag<ReturnType<typeof make>>): number[] => {
  const seen: number[] = [];
  bag.forEach(({ name }) => seen.push(name));
  return seen.sort((one, other) => one - other);
};

describe('Bag', () => {
  it('holds what a Set would, whatever comes and goes', () => {
    const moves = fc.array(fc.tuple(fc.boolean(), fc.nat(9)));
    fc.assert(
      fc.property(moves, (list) => {
        const members = Array.from({ length: 10 }, (_, name) => make(name));
        const bag = new Bag<ReturnType<typeof make>>();
        const set = new Set<number>();
        for (const [isAdd, at] of list) {
          const member = members[at] as ReturnType<typeof make>;
          if (isAdd) bag.add(member);
          else bag.delete(member);
          if (isAdd) set.add(at);
          else set.delete(at);
          expect(bag.size).toBe(set.size);
        }
        expect(names(bag)).toEqual([...set].sort((one, other) => one - other));
      }),
    );
  });

  it('lets a visitor delete what it visits', () => {
    const bag = new Bag<ReturnType<typeof make>>();
    for (let name = 0; name < 5; name++) bag.add(make(name));
    const seen: number[] = [];
    bag.forEach((member) => {
      seen.push(member.name);
      bag.delete(member);
    });
    expect(seen).toHaveLength(5);
    expect(bag.size).toBe(0);
  });
});
