/** What a model that draws takes. */
export interface ImageTraits {
  /** Is it asked by `predict`, as Imagen is? */
  readonly isPredicted: boolean;
  /** How many images it draws at once. */
  readonly most: number;
  /** Width to height, by Google's names; none: it cannot be told. */
  readonly ratios: readonly string[];
  /** What it is told of the size, smallest first; the first is what it draws if nothing is said. */
  readonly sizes: readonly string[];
  /** Types of files that it can be told to write; none: it writes PNG. */
  readonly formats: readonly string[];
  /** What a model of Gemini's must be asked to answer with. */
  readonly modalities: readonly string[];
}

const RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'];

const IMAGEN: ImageTraits = {
  isPredicted: true,
  most: 4,
  ratios: ['1:1', '3:4', '4:3', '9:16', '16:9'],
  sizes: ['1K'],
  formats: ['png', 'jpeg'],
  modalities: [],
};

const GEMINI: ImageTraits = {
  isPredicted: false,
  most: 1,
  ratios: RATIOS,
  sizes: ['1K'],
  formats: [],
  modalities: ['IMAGE'],
};

/** A later line stands before an earlier. */
const LINES: readonly (readonly [name: RegExp, traits: ImageTraits])[] = [
  [/./, GEMINI],
  // It does not draw without speaking of it.
  [/\bgemini-2\.0-/, { ...GEMINI, ratios: [], modalities: ['TEXT', 'IMAGE'] }],
  [/\bgemini-(?:[3-9]|\d\d)/, { ...GEMINI, sizes: ['1K', '2K', '4K'] }],
  [/\bimage(?:n|generation)\b/, IMAGEN],
  [/\bimagen-(?:[4-9]|\d\d)(?!.*\bfast\b)/, { ...IMAGEN, sizes: ['1K', '2K'] }],
];

/** What is known of a model by its name (Google's list of models, November 2026). */
export function imageTraitsOf(model: string): ImageTraits {
  return LINES.findLast(([name]) => name.test(model))?.[1] ?? GEMINI;
}
