import { describe, expect, it } from 'vitest';
import { Lines } from './lines.js';

const filled = (count: number, text: (index: number) => string): Lines => {
  const lines = new Lines();
  for (let index = 0; index < count; index++) lines.push(text(index));
  return lines;
};
const split = (bytes: Buffer): string[] => bytes.toString().split('\n').slice(0, -1);

describe('Lines', () => {
  it('keeps what it is given, whatever its letters, and grows', () => {
    const text = (index: number): string => `${index} ${'Grüße 🎈'.repeat(40)}`;
    const lines = filled(500, text);
    expect(lines.count).toBe(500);
    expect(split(lines.since(0))).toEqual(Array.from({ length: 500 }, (_, index) => text(index)));
    expect(lines.length).toBe(lines.since(0).length);
  });

  it('tells what came behind a place', () => {
    const lines = filled(2, String);
    const { length } = lines;
    expect(lines.since(length)).toHaveLength(0);
    lines.push('more');
    expect(lines.since(length).toString()).toBe('more\n');
  });

  it.each([
    [0, []],
    [1, [1]],
    [1_000, [1_000]],
    [2_001, [1_000, 1_000, 1]],
  ])('gives out %d lines in batches', (count, sizes) => {
    const batches = filled(count, String).batches();
    expect(batches.map((batch) => split(batch).length)).toEqual(sizes);
    expect(batches.flatMap(split)).toEqual(Array.from({ length: count }, (_, index) => String(index)));
  });
});
