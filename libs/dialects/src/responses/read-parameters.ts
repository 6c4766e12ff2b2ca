import { isObject, unsupported } from '#contract';
import type { Members } from '#contract';
import type { Said } from './read-parts.js';

/** What would make another answer of it, and a chat has no words for. */
const REFUSED = ['background', 'conversation', 'prompt'];

/** What a chat calls by the same name. */
const SAME = [
  'temperature',
  'top_p',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'service_tier',
];

/** What is read here or elsewhere, and what is the gateway's own business. All others are hints. */
const READ = new Set([
  ...REFUSED,
  ...SAME,
  'model',
  'input',
  'instructions',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'reasoning',
  'max_output_tokens',
  'top_logprobs',
  'include',
  'metadata',
  'store',
  'previous_response_id',
]);

const LOGPROBS = 'message.output_text.logprobs';

/** The members of a request beside input and tools. @throws GatewayError `unsupported_parameter` */
export function readParameters(value: Members): Said {
  for (const name of REFUSED) {
    if (isAsked(name, value[name])) {
      throw unsupported(name, `This model does not support the parameter '${name}'.`);
    }
  }
  const { reasoning, text, max_output_tokens: most, include, top_logprobs: top } = value;
  const effort = isObject(reasoning) ? reasoning.effort : undefined;
  const format = isObject(text) ? formatOf(text.format) : undefined;
  const verbosity = isObject(text) ? text.verbosity : undefined;
  const tellsLogprobs = (Array.isArray(include) && include.includes(LOGPROBS)) || Number(top) > 0;
  const same = SAME.filter((name) => value[name] !== undefined && value[name] !== null);
  return {
    ...Object.fromEntries(same.map((name) => [name, value[name]])),
    ...(value.stream === true && { stream: true }),
    ...(typeof most === 'number' && { max_completion_tokens: most }),
    ...(typeof effort === 'string' && { reasoning_effort: effort }),
    ...(format && { response_format: format }),
    ...(typeof verbosity === 'string' && { verbosity }),
    ...(tellsLogprobs && { logprobs: true }),
    ...(tellsLogprobs && typeof top === 'number' && { top_logprobs: top }),
  };
}

/** Names of the hints for which a chat has no place. */
export function droppedFrom(value: Members): string[] {
  return Object.keys(value).filter((name) => !READ.has(name) && isAsked(name, value[name]));
}

function isAsked(name: string, given: unknown): boolean {
  if (given === undefined || given === null || given === false) return false;
  return !(name === 'truncation' && given === 'disabled');
}

/** The form of the answer, which a chat has one level deeper. */
function formatOf(format: unknown): Said | undefined {
  if (!isObject(format) || format.type === 'text') return undefined;
  const { type, ...schema } = format;
  return type === 'json_schema' ? { type, json_schema: schema } : { type };
}
