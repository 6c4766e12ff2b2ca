/** What one call used. Cached, written and heard tokens are part of the prompt's; thought and spoken of the completion's. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  /** Tokens that were written to the provider's cache. */
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  /** Tokens of sound, in the prompt and in the completion. */
  readonly audioPromptTokens: number;
  readonly audioCompletionTokens: number;
  /** Images that were made. */
  readonly images: number;
  /** Sound that was heard, in seconds. */
  readonly audioSeconds: number;
  /** Text that was spoken, in characters (Unicode code points). */
  readonly characters: number;
  /** What is paid for, where the provider says that it is not what it counted. */
  readonly billed?: Billed;
}

export interface Billed {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** How many requests the call was: one that is large may be several. */
  readonly requests: number;
}

export const NO_USAGE: Usage = {
  promptTokens: 0,
  completionTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  audioPromptTokens: 0,
  audioCompletionTokens: 0,
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
  const heard = detailsOf(
    value.prompt_tokens_details ?? value.input_tokens_details ?? value.input_token_details,
  );
  const said = detailsOf(value.completion_tokens_details ?? value.output_tokens_details);
  return {
    promptTokens: count(prompt),
    completionTokens: count(value.completion_tokens ?? value.output_tokens),
    // DeepSeek's own name for it stands beside the details.
    cachedTokens: count(heard.cached_tokens ?? value.prompt_cache_hit_tokens),
    cacheWriteTokens: count(heard.cache_write_tokens ?? heard.cache_creation_tokens),
    reasoningTokens: count(said.reasoning_tokens),
    audioPromptTokens: count(heard.audio_tokens),
    audioCompletionTokens: count(said.audio_tokens),
    images: 0,
    audioSeconds: 0,
    characters: 0,
  };
}

const NO_DETAILS: Record<string, unknown> = {};

function detailsOf(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : NO_DETAILS;
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
