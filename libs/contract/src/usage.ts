/** What one call used, as the upstream counted it. `cached` is part of `prompt`, `reasoning` of `completion`. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  readonly reasoningTokens: number;
  /** Images that were made. */
  readonly images: number;
  /** Sound that was heard, in seconds. */
  readonly audioSeconds: number;
  /** Text that was spoken, in characters (Unicode code points). */
  readonly characters: number;
}

export const NO_USAGE: Usage = {
  promptTokens: 0,
  completionTokens: 0,
  cachedTokens: 0,
  reasoningTokens: 0,
  images: 0,
  audioSeconds: 0,
  characters: 0,
};

/** Reads OpenAI's `usage` member: tokens under either of its names, or seconds; undefined when it is not one. */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  if (isAmount(value.seconds)) return { ...NO_USAGE, audioSeconds: Math.min(value.seconds, MOST) };
  const prompt = value.prompt_tokens ?? value.input_tokens;
  if (!isCount(prompt)) return undefined;
  const promptDetails = value.prompt_tokens_details ?? value.input_tokens_details;
  const completionDetails = value.completion_tokens_details ?? value.output_tokens_details;
  return {
    promptTokens: count(prompt),
    completionTokens: count(value.completion_tokens ?? value.output_tokens),
    cachedTokens: isObject(promptDetails) ? count(promptDetails.cached_tokens) : 0,
    reasoningTokens: isObject(completionDetails) ? count(completionDetails.reasoning_tokens) : 0,
    images: 0,
    audioSeconds: 0,
    characters: 0,
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

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
