import { expect, it } from 'vitest';
import type { Page, PageRequest } from '#persistence';
import { declaredFirst } from './list.js';

const row = (id: string) => ({ id });

/** A stored list as the database pages it. */
function listOf(stored: readonly string[]) {
  return ({ limit, cursor }: PageRequest): Promise<Page<{ id: string }>> => {
    const from = cursor === undefined ? 0 : stored.indexOf(cursor) + 1;
    const ids = stored.slice(from, from + limit + 1);
    return Promise.resolve({ rows: ids.slice(0, limit).map(row), hasMore: ids.length > limit });
  };
}

it.each([
  [[], []],
  [[], ['a', 'b', 'c']],
  [['f', 'g', 'h'], []],
  [['f'], ['a']],
  [
    ['f', 'g', 'h'],
    ['a', 'b', 'c'],
  ],
  [['f', 'g', 'h', 'i'], ['a']],
])('pages of any size make up %j and %j', async (declared, stored) => {
  const whole = [...declared, ...stored];
  for (let limit = 1; limit <= whole.length + 1; limit++) {
    const seen: string[] = [];
    let cursor: string | undefined;
    for (let more = true; more;) {
      const page: Page<{ id: string }> = await declaredFirst(
        declared.map(row),
        { limit, cursor },
        listOf(stored),
      );
      expect(page.rows.length).toBeLessThanOrEqual(limit);
      seen.push(...page.rows.map(({ id }) => id));
      more = page.hasMore;
      // A page that promises more has a last row to go on from.
      if (more) expect(page.rows.length).toBe(limit);
      cursor = page.rows.at(-1)?.id;
    }
    expect(seen).toEqual(whole);
  }
});
