/** What a Claude model takes, and how much it writes. */
export interface ClaudeTraits {
  /** The most tokens of an answer, thoughts included. Anthropic must be told a limit: this is it, if nobody gives one. */
  readonly maxTokens: number;
  /** How it is told to think: not at all, for so many tokens, or as hard as an effort says. */
  readonly thinking: 'none' | 'budget' | 'adaptive';
  /** What is said for no thinking; undefined: nothing, and where it thinks all the same the least effort. */
  readonly thinkingOff: 'disabled' | 'between_tools' | undefined;
  /** Does it keep its thoughts to itself unless asked? */
  readonly hidesThoughts: boolean;
  /** Its word for OpenAI's `xhigh`. */
  readonly highestEffort: 'max' | 'xhigh';
  /** How many of temperature and top_p it takes at once. */
  readonly samplers: 0 | 1 | 2;
  /** Does it hold its answer to a JSON schema? */
  readonly takesSchemas: boolean;
  /** Can it be made to call a tool? */
  readonly canBeForced: boolean;
}

/** A name that tells nothing: what every model understands. */
const UNKNOWN: ClaudeTraits = {
  maxTokens: 8_192,
  thinking: 'none',
  thinkingOff: undefined,
  hidesThoughts: false,
  highestEffort: 'max',
  samplers: 1,
  takesSchemas: false,
  canBeForced: true,
};

/** Family, first version (major * 100 + minor), and what is so from there on; a later line stands before an earlier. */
const LINES: readonly (readonly [family: RegExp, from: number, traits: Partial<ClaudeTraits>])[] = [
  [/./, 300, { maxTokens: 4_096, samplers: 2 }],
  [/./, 305, { maxTokens: 8_192 }],
  [/./, 307, { maxTokens: 64_000, thinking: 'budget' }],
  [/opus/, 400, { maxTokens: 32_000 }],
  [/./, 401, { samplers: 1 }],
  [/./, 405, { maxTokens: 64_000, takesSchemas: true }],
  [/./, 406, { maxTokens: 128_000, thinking: 'adaptive', thinkingOff: 'disabled' }],
  [/./, 407, { samplers: 0, hidesThoughts: true, highestEffort: 'xhigh' }],
  [/fable|mythos/, 0, { thinkingOff: undefined }],
  [/fable|mythos/, 501, { canBeForced: false }],
  [/opus/, 505, { thinkingOff: undefined, canBeForced: false }],
  [/sonnet/, 505, { thinkingOff: 'between_tools', canBeForced: false }],
];

const FAMILY = /opus|sonnet|haiku|fable|mythos/;
/** `claude-opus-4-1-20250805`, `claude-sonnet-4@20250514`, and `claude-3-7-sonnet-latest`. */
const VERSION_BEHIND = /(?:opus|sonnet|haiku|fable|mythos)-(\d{1,2})(?!\d)(?:[-.](\d{1,2})(?!\d))?/;
const VERSION_BEFORE = /claude-(\d)(?:[-.](\d))?-/;
/** Some previews of this family have no number. */
const UNNUMBERED = /mythos/;

/** What is known of a model by its name (Anthropic's list of models, November 2026). */
export function traitsOf(model: string): ClaudeTraits {
  const family = FAMILY.exec(model)?.[0];
  const version = family === undefined ? undefined : versionOf(model);
  if (family === undefined || version === undefined) return UNKNOWN;
  let traits = UNKNOWN;
  for (const [families, from, own] of LINES) {
    if (version >= from && families.test(family)) traits = { ...traits, ...own };
  }
  return traits;
}

function versionOf(model: string): number | undefined {
  const found = VERSION_BEHIND.exec(model) ?? VERSION_BEFORE.exec(model);
  if (!found) return UNNUMBERED.test(model) ? 500 : undefined;
  return Number(found[1]) * 100 + Number(found[2] ?? 0);
}
