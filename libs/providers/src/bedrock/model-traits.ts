import { traitsOf as claudeTraitsOf } from '../claude/claude-traits.js';
import type { ClaudeTraits } from '../claude/claude-traits.js';

/** What a model on Bedrock takes. */
export interface ModelTraits {
  /** Undefined: it is no Claude. */
  readonly claude: ClaudeTraits | undefined;
  /** How it is told how hard to think; undefined: not at all. */
  readonly reasoning: 'claude' | 'nova' | 'effort' | undefined;
  /** Where `top_k` stands among the model's own fields; undefined: nowhere. */
  readonly topK: 'top_k' | 'inferenceConfig' | undefined;
  /** Can it be made to call a tool? */
  readonly canBeForced: boolean;
  /** Where it takes marks of the cache. */
  readonly cachePoints: 'everywhere' | 'prompts' | 'nowhere';
  /** Does it read files from S3? */
  readonly readsS3: boolean;
}

/** A name that tells nothing, such as that of an inference profile of one's own: what is asked for is passed on. */
const UNKNOWN: ModelTraits = {
  claude: undefined,
  reasoning: undefined,
  topK: undefined,
  canBeForced: false,
  cachePoints: 'everywhere',
  readsS3: true,
};

const OTHERS: ModelTraits = { ...UNKNOWN, cachePoints: 'nowhere', readsS3: false };

const NOVA: ModelTraits = {
  ...UNKNOWN,
  topK: 'inferenceConfig',
  canBeForced: true,
  cachePoints: 'prompts',
};

/** By what stands in a model's id; the first that fits. */
const FAMILIES: readonly (readonly [name: RegExp, traits: ModelTraits])[] = [
  [/amazon\.nova-(?:[2-9]|\d\d)/, { ...NOVA, reasoning: 'nova' }],
  [/amazon\.nova/, NOVA],
  [/openai\.gpt/, { ...OTHERS, reasoning: 'effort' }],
  [/mistral/, { ...OTHERS, canBeForced: true }],
  [
    /(?:^|[./])(?:ai21|amazon|cohere|deepseek|google|meta|minimax|moonshot|moonshotai|nvidia|qwen|writer|zai)\./,
    OTHERS,
  ],
];

/** What is known of a model by its id: of a foundation model, an inference profile, or the ARN of one. */
export function traitsOf(model: string): ModelTraits {
  if (model.includes('claude')) {
    const claude = claudeTraitsOf(model);
    const { canBeForced } = claude;
    return {
      claude,
      reasoning: 'claude',
      topK: 'top_k',
      canBeForced,
      cachePoints: 'everywhere',
      readsS3: false,
    };
  }
  return FAMILIES.find(([name]) => name.test(model))?.[1] ?? UNKNOWN;
}
