import { describe, expect, it } from 'vitest';
import type { Change } from '#coordination';
import { shareLackNews } from './lack-news.js';

/** Gateways that hear each other and themselves. */
function gateways(...holders: string[]) {
  const hearers: ((change: Change) => boolean)[] = [];
  const tell = (change: Change): boolean[] => hearers.map((hear) => hear(change));
  const books = holders.map((holder) => {
    const nothing: (name: string) => void = () => {};
    const book = { given: [] as string[], lack: nothing };
    const parts = {
      holder,
      listen: (lack: (name: string) => void) => void (book.lack = lack),
      giveToOthers: (name: string) => void book.given.push(name),
    };
    shareLackNews({ hear: (hear) => void hearers.push(hear), tell }, parts);
    return book;
  });
  return { books, tell };
}

describe('what a gateway lacks of a budget', () => {
  it('is told to the others', () => {
    const { books } = gateways('a', 'b', 'c');
    books[0]?.lack('key day 0 k');
    expect(books.map(({ given }) => given)).toEqual([[], ['key day 0 k'], ['key day 0 k']]);
  });

  it.each(['', '{', '{}', '[]', '["b"]', '["b", 1]', 'null'])('is not in %j', (id) => {
    const { books, tell } = gateways('a');
    expect(tell({ kind: 'budget_lack', id })).toEqual([true]);
    expect(books[0]?.given).toEqual([]);
  });

  it('is no other news', () => {
    expect(gateways('a').tell({ kind: 'key', id: '["b","key day 0 k"]' })).toEqual([false]);
  });
});
