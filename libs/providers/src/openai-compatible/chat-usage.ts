/** OpenAI's `usage`: what was read from the cache and written to it is part of the prompt. */
export interface ChatUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens: number };
  readonly completion_tokens_details: { readonly reasoning_tokens: number };
}

/** Tokens as providers count them that count what is cached beside the rest of the prompt. */
export interface CountedTokens {
  readonly input: number | null | undefined;
  readonly cached: number | null | undefined;
  readonly written: number | null | undefined;
  readonly output: number | null | undefined;
  readonly reasoning?: number | null | undefined;
}

export function chatUsage(counted: CountedTokens): ChatUsage {
  const cached = counted.cached ?? 0;
  const written = counted.written ?? 0;
  const prompt = (counted.input ?? 0) + cached + written;
  const completion = counted.output ?? 0;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
    completion_tokens_details: { reasoning_tokens: counted.reasoning ?? 0 },
  };
}
