/** Tokens of one call, as the upstream counted them. `cached` is part of `prompt`, `reasoning` of `completion`. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  readonly reasoningTokens: number;
}

/** Reads OpenAI's `usage` member; undefined when it is not one. */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  const promptDetails = isObject(value.prompt_tokens_details) ? value.prompt_tokens_details : {};
  const completionDetails = isObject(value.completion_tokens_details) ? value.completion_tokens_details : {};
  if (!isCount(value.prompt_tokens)) return undefined;
  return {
    promptTokens: count(value.prompt_tokens),
    completionTokens: count(value.completion_tokens),
    cachedTokens: count(promptDetails.cached_tokens),
    reasoningTokens: count(completionDetails.reasoning_tokens),
  };
}

/** What a 32-bit column holds; nobody's call has more tokens. */
const MOST = 2 ** 31 - 1;

function count(value: unknown): number {
  return isCount(value) ? Math.min(value, MOST) : 0;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
