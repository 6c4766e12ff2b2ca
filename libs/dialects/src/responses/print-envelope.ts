import { isObject } from '#contract';
import type { Members, ResponsesRequest } from '#contract';
import { usageIn } from '../read-completion.js';
import type { AnswerContext } from '../spec.js';
import type { IncompleteReason } from './read-answer.js';
import { idOf } from './wire.js';
import type { Said } from './wire.js';

/** What is known of an answer, whole or so far. */
export interface Answer {
  readonly output: readonly Said[];
  readonly isDone: boolean;
  readonly reason: IncompleteReason | undefined;
  /** As a chat tells them. */
  readonly usage: unknown;
  readonly tier: unknown;
}

const TIERS = new Set<unknown>(['auto', 'default', 'flex', 'scale', 'priority', 'fast']);

/** The response around its output: it says again what was asked, or what OpenAI does unasked. */
export function printEnvelope(context: AnswerContext, answer: Answer): Said {
  const { output, isDone, reason, usage, tier } = answer;
  const asked = context.request as ResponsesRequest & Members;
  const ended = reason === undefined ? 'completed' : 'incomplete';
  return {
    id: idOf('resp', context.requestId),
    object: 'response',
    created_at: context.created,
    status: isDone ? ended : 'in_progress',
    background: false,
    error: null,
    incomplete_details: reason === undefined ? null : { reason },
    instructions: asked.instructions ?? null,
    max_output_tokens: asked.max_output_tokens ?? null,
    max_tool_calls: asked.max_tool_calls ?? null,
    model: JSON.parse(context.model.toString()),
    output,
    parallel_tool_calls: asked.parallel_tool_calls ?? true,
    previous_response_id: asked.previous_response_id ?? null,
    prompt_cache_key: asked.prompt_cache_key ?? null,
    reasoning: { effort: null, summary: null, ...(isObject(asked.reasoning) && asked.reasoning) },
    safety_identifier: asked.safety_identifier ?? null,
    service_tier: [tier, asked.service_tier].find((one) => TIERS.has(one)) ?? (isDone ? 'default' : 'auto'),
    store: asked.store ?? true,
    temperature: asked.temperature ?? 1,
    text: printText(asked.text),
    tool_choice: asked.tool_choice ?? 'auto',
    tools: printTools(asked.tools),
    top_logprobs: asked.top_logprobs ?? 0,
    top_p: asked.top_p ?? 1,
    truncation: asked.truncation ?? 'disabled',
    // A chat tells what it took at its end.
    ...(isDone && { usage: printUsage(usage) }),
    ...(typeof asked.user === 'string' && { user: asked.user }),
    metadata: asked.metadata ?? {},
  };
}

function printText(text: unknown): Said {
  const asked = isObject(text) ? text : {};
  return { ...asked, format: asked.format ?? { type: 'text' } };
}

/** Two members are required here that a request may leave out. */
function printTools(tools: unknown): readonly unknown[] {
  if (!Array.isArray(tools)) return [];
  return tools
    .filter(isObject)
    .map((tool) => ({ ...tool, strict: tool.strict ?? false, parameters: tool.parameters ?? null }));
}

/** OpenAI's `usage`, in tokens. */
function printUsage(told: unknown): Said {
  const usage = usageIn(told);
  const { promptTokens, completionTokens } = usage;
  return {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens, cache_write_tokens: usage.cacheWriteTokens },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: promptTokens + completionTokens,
  };
}
