import { describe, expect, it } from 'vitest';
import { cutText, joinPieces, type Pieces } from './pieces.js';

const list = (pieces: Pieces): string[] =>
  Array.from({ length: pieces.count }, (_, index) => pieces.at(index));

describe('cutText', () => {
  it('cuts into words, losing nothing', () => {
    expect(list(cutText('a  b c ', {}))).toEqual(['a', '  b', ' c', ' ']);
    expect(list(cutText('', {}))).toEqual([]);
  });

  it('repeats or groups words to fill a number of chunks', () => {
    expect(list(cutText('a b', { chunks: 5, repeats: true }))).toEqual(['a', ' b', ' a', ' b', ' a']);
    expect(list(cutText('a b c d', { chunks: 2, repeats: true }))).toEqual(['a b', ' c d']);
    expect(list(cutText('a b', { chunks: 0, repeats: true }))).toEqual([]);
  });

  it('keeps an exact text exact, whatever the cut', () => {
    const text = '{"say":"héllo 👋🏽 wörld"}';
    for (const plan of [{ chunks: 3 }, { chunks: 100 }, { size: 1 }, { size: 4, chunks: 2 }])
      expect(joinPieces(cutText(text, plan))).toBe(text);
    expect(cutText(text, { chunks: 100 }).count).toBe(100);
  });

  it('never halves a character', () => {
    expect(list(cutText('👋👋👋', { size: 1 }))).toEqual(['👋', '👋', '👋']);
  });

  it('makes chunks of one size from a short text', () => {
    const pieces = list(cutText('hi 👋', { chunks: 50, size: 7, repeats: true }));
    expect(pieces.every((piece) => Array.from(piece).length === 7)).toBe(true);
    expect(pieces.join('')).toBe('hi 👋 '.repeat(70));
  });
});
