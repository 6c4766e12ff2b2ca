import { NO_USAGE, readUsage } from '#contract';
import type { Members, Usage } from '#contract';

/** A chat's `usage`. What a provider did not tell is 0: the clients of other wires read every member. */
export function usageIn(told: unknown): Usage {
  const usage = readUsage(told) ?? NO_USAGE;
  const { promptTokens, completionTokens, reasoningTokens } = usage;
  const { total_tokens: total } = (told ?? {}) as Members;
  // Some count what was thought in the total, but not in the completion.
  const isApart = reasoningTokens > 0 && total === promptTokens + completionTokens + reasoningTokens;
  return isApart ? { ...usage, completionTokens: completionTokens + reasoningTokens } : usage;
}

/** The thoughts of a message or a delta: providers have two names for them. */
export function thoughtIn({ reasoning_content: content, reasoning }: Members): string {
  const thought = content ?? reasoning;
  return typeof thought === 'string' ? thought : '';
}
