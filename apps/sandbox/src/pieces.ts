/** A text in pieces that are made when asked for, so that a huge stream needs no huge memory. */
export interface Pieces {
  count: number;
  at(index: number): string;
}

/** How to cut a text: `chunks` pieces, or pieces of `size` characters, or (neither) words. */
export interface CutPlan {
  chunks?: number;
  size?: number;
  /** May words be repeated to fill `chunks`? Otherwise the pieces joined are exactly the text. */
  repeats?: boolean;
}

/** Cuts a text. Characters are code points: half an emoji is not something a real upstream sends. */
export function cutText(text: string, { chunks, size, repeats = false }: CutPlan): Pieces {
  if (size !== undefined && chunks !== undefined && repeats) return cutReel(text, chunks, size);
  if (size !== undefined) return cutBySize(text, size);
  if (chunks !== undefined && !repeats) return cutEvenly(text, chunks);
  const words = text.match(/\s*\S+|\s+$/g) ?? [];
  if (chunks === undefined) return { count: words.length, at: (index) => words[index] ?? '' };
  return chunks > words.length ? repeatWords(words, chunks) : groupWords(words, chunks);
}

/** All pieces as one text. */
export function joinPieces(pieces: Pieces): string {
  let text = '';
  for (let index = 0; index < pieces.count; index++) text += pieces.at(index);
  return text;
}

type Slice = (from: number, to: number) => string;

function slicer(text: string): { length: number; slice: Slice } {
  if (!/[\uD800-\uDFFF]/.test(text))
    return { length: text.length, slice: (from, to) => text.slice(from, to) };
  const points = Array.from(text);
  return { length: points.length, slice: (from, to) => points.slice(from, to).join('') };
}

function cutBySize(text: string, size: number): Pieces {
  const { length, slice } = slicer(text);
  return { count: Math.ceil(length / size), at: (index) => slice(index * size, (index + 1) * size) };
}

function cutEvenly(text: string, chunks: number): Pieces {
  const { length, slice } = slicer(text);
  const edge = (index: number): number => Math.floor((index * length) / chunks);
  return { count: chunks, at: (index) => slice(edge(index), edge(index + 1)) };
}

function cutReel(text: string, chunks: number, size: number): Pieces {
  const period = slicer(`${text} `).length;
  const { slice } = slicer(`${text} `.repeat(Math.ceil(size / period) + 1));
  const at = (index: number): string => {
    const from = (index * size) % period;
    return slice(from, from + size);
  };
  return { count: chunks, at };
}

function repeatWords(words: string[], chunks: number): Pieces {
  const at = (index: number): string => {
    const word = words[index % words.length] ?? '';
    return index > 0 && index % words.length === 0 ? ` ${word}` : word;
  };
  return { count: chunks, at };
}

function groupWords(words: string[], chunks: number): Pieces {
  const edge = (index: number): number => Math.floor((index * words.length) / chunks);
  return { count: chunks, at: (index) => words.slice(edge(index), edge(index + 1)).join('') };
}
