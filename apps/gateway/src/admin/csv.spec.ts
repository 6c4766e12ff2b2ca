import { expect, it } from 'vitest';
import { csvFile, csvLine } from './csv.js';

it.each<[Parameters<typeof csvLine>[0], string]>([
  [['a', 1, true, null], 'a,1,true,'],
  [['a,b', 'say "so"', 'two\nlines'], '"a,b","say ""so""","two\nlines"'],
  [['=1+1', '+1', '-1', '@x', '\tx'], "'=1+1,'+1,'-1,'@x,'\tx"],
  [[-1, new Date(0)], '-1,1970-01-01T00:00:00.000Z'],
])('%j', (cells, line) => {
  expect(csvLine(cells)).toBe(`${line}\r\n`);
});

it('is made of pages, its columns first', async () => {
  const pages = async function* () {
    yield [['a'], ['b']];
    yield [];
    yield [['c']];
  };
  let text = '';
  for await (const piece of csvFile('x', ['name'], pages()).getStream()) text += String(piece);
  expect(text).toBe('name\r\na\r\nb\r\nc\r\n');
});
