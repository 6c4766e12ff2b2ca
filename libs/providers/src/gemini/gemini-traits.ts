export type ThinkingLevel = 'MINIMAL' | 'LOW' | 'MEDIUM' | 'HIGH' | 'XHIGH';

/** What a Gemini model takes. */
export interface GeminiTraits {
  /** How it is told to think: not at all, for so many tokens, or as hard as a level says. */
  readonly thinking: 'none' | 'budget' | 'level';
  /** In tokens; a least budget of 0 turns thinking off. */
  readonly leastBudget: number;
  readonly mostBudget: number;
  readonly levels: readonly ThinkingLevel[];
  /** Does it take temperature, top_p and top_k? */
  readonly samples: boolean;
  /** Does it take penalties? */
  readonly penalizes: boolean;
  /** Does it give several answers at once? */
  readonly givesSeveral: boolean;
  /** Does it fetch files from anywhere? */
  readonly fetches: boolean;
  /** Does it hold its answer to a form while there are tools? */
  readonly formsBesideTools: boolean;
  /** Does it know calls by ids? Others know them by their place, and Google refuses an id. */
  readonly hasCallIds: boolean;
  /** Does it refuse a call of its own that comes back without a signature? */
  readonly wantsSignatures: boolean;
}

/** A name that tells nothing: what Gemini 2.0 understands. */
const UNKNOWN: GeminiTraits = {
  thinking: 'none',
  leastBudget: 0,
  mostBudget: 24_576,
  levels: [],
  samples: true,
  penalizes: true,
  givesSeveral: true,
  fetches: false,
  formsBesideTools: false,
  hasCallIds: false,
  wantsSignatures: false,
};

/** Kind, first version (major * 100 + minor), and what is so from there on; a later line stands before an earlier. */
const LINES: readonly (readonly [kind: RegExp, from: number, traits: Partial<GeminiTraits>])[] = [
  [/./, 205, { thinking: 'budget', penalizes: false, fetches: true }],
  [/-pro\b/, 205, { leastBudget: 128, mostBudget: 32_768 }],
  [
    /./,
    300,
    {
      thinking: 'level',
      levels: ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH'],
      givesSeveral: false,
      formsBesideTools: true,
      hasCallIds: true,
      wantsSignatures: true,
    },
  ],
  [/-pro\b/, 300, { levels: ['LOW', 'HIGH'] }],
  [/-pro\b/, 301, { levels: ['LOW', 'MEDIUM', 'HIGH'] }],
  [/-lite\b/, 305, { samples: false }],
  [/./, 306, { samples: false }],
  [/./, 307, { levels: ['LOW', 'MEDIUM', 'HIGH'] }],
  [/./, 400, { levels: ['LOW', 'MEDIUM', 'HIGH', 'XHIGH'] }],
  [/-(image|tts|embedding|robotics)\b/, 0, { thinking: 'none' }],
];

/** `gemini-2.5-flash`, `models/gemini-3-pro-preview`. */
const VERSION = /\bgemini-(\d+)(?:\.(\d+))?(?![\d.])/;
/** A name such as `gemini-flash-latest` is of whatever is newest: these levels all of the newest have. */
const LATEST = /\bgemini-.*latest$/;
const LATEST_VERSION = 308;

/** What is known of a model by its name (Google's list of models, November 2026). */
export function traitsOf(model: string): GeminiTraits {
  const version = versionOf(model);
  if (version === undefined) return UNKNOWN;
  let traits = UNKNOWN;
  for (const [kind, from, own] of LINES) {
    if (version >= from && kind.test(model)) traits = { ...traits, ...own };
  }
  return traits;
}

function versionOf(model: string): number | undefined {
  const found = VERSION.exec(model);
  if (!found) return LATEST.test(model) ? LATEST_VERSION : undefined;
  return Number(found[1]) * 100 + Number(found[2] ?? 0);
}
