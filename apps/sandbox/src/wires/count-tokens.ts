import type { Answer } from '../answer.js';

/** Tokens that an answer is said to take. */
export interface Tokens {
  readonly prompt: number;
  /** Thoughts included. */
  readonly completion: number;
  readonly reasoning: number;
}

/** What OpenAI's `usage` says, as numbers; undefined where the script wants none. */
export function countTokens({ usage }: Answer): Tokens | undefined {
  if (usage === undefined) return undefined;
  const { prompt_tokens: prompt, completion_tokens: completion, ...rest } = JSON.parse(usage) as Usage;
  return { prompt, completion, reasoning: rest.completion_tokens_details.reasoning_tokens };
}

interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  completion_tokens_details: { reasoning_tokens: number };
}
