import { isObject } from '#contract';
import type { Members, Usage } from '#contract';
import type { AnswerContext } from '../spec.js';

/** How a response stands. */
export interface Standing {
  readonly status: 'in_progress' | 'completed' | 'incomplete';
  readonly output: readonly object[];
  /** Undefined: nothing is told of it yet. */
  readonly usage?: Usage;
  readonly reason?: 'max_output_tokens' | 'content_filter' | undefined;
}

/** The members of a request that an answer repeats, with what they are when nobody says anything. */
const ECHOED = {
  background: false,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  store: true,
  temperature: 1,
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
} as const;

/** Those that are only there if they were asked for. */
const GIVEN = ['prompt_cache_key', 'safety_identifier', 'user'];

/** OpenAI's response object, with every member that its description requires. */
export function responseOf(standing: Standing, context: AnswerContext): object {
  const { status, output, usage, reason } = standing;
  const request = context.request as unknown as Members;
  const echoed = Object.entries(ECHOED).map(([name, usual]) => [name, request[name] ?? usual]);
  const given = GIVEN.filter((name) => typeof request[name] === 'string').map((name) => [
    name,
    request[name],
  ]);
  const { reasoning, text } = request;
  return {
    id: responseId(context),
    object: 'response',
    created_at: context.created,
    status,
    model: JSON.parse(context.model.toString()) as string,
    output,
    error: null,
    incomplete_details: reason === undefined ? null : { reason },
    ...Object.fromEntries([...echoed, ...given]),
    reasoning: { effort: null, summary: null, ...(isObject(reasoning) && reasoning) },
    text: { format: { type: 'text' }, ...(isObject(text) && text) },
    ...(usage !== undefined && { usage: responseUsage(usage) }),
  };
}

export function responseId({ requestId }: AnswerContext): string {
  return `resp_${bare(requestId)}`;
}

/** The id of one of its items, by its place. */
export function itemId(prefix: 'rs' | 'msg' | 'fc', { requestId }: AnswerContext, place: number): string {
  return `${prefix}_${bare(requestId)}_${place}`;
}

/** Why an answer ended, in the words of a response. */
export function endOf(finishReason: unknown): Pick<Standing, 'status' | 'reason'> {
  if (finishReason === 'length') return { status: 'incomplete', reason: 'max_output_tokens' };
  if (finishReason === 'content_filter') return { status: 'incomplete', reason: 'content_filter' };
  return { status: 'completed' };
}

function responseUsage({ promptTokens, completionTokens, ...usage }: Usage): object {
  return {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens, cache_write_tokens: usage.cacheWriteTokens },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: promptTokens + completionTokens,
  };
}

function bare(requestId: string): string {
  return requestId.replace(/^req_/, '');
}
