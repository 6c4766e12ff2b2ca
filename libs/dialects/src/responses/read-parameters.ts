import { isObject, requireObject, requireText, unsupported } from '#contract';
import type { Members, ResponsesRequest } from '#contract';
import type { Said } from './wire.js';

/** What would make another answer of it, and a chat has no words for. */
const REFUSED = ['background', 'conversation', 'prompt'];

/** What is passed on as it is. */
const SAME = [
  'temperature',
  'top_p',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'service_tier',
];

/** What is read here or elsewhere. All others are hints. */
const READ = new Set([
  ...REFUSED,
  ...SAME,
  'model',
  'input',
  'instructions',
  'previous_response_id',
  'store',
  'metadata',
  'include',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'reasoning',
  'max_output_tokens',
  'top_logprobs',
]);

const LOGPROBS = 'message.output_text.logprobs';

/** The members of a request beside input and tools. @throws GatewayError `unsupported_parameter` */
export function readParameters(value: ResponsesRequest & Members): Said {
  for (const name of REFUSED) {
    if (isAsked(value[name])) throw unsupported(name, `This model does not support the parameter '${name}'.`);
  }
  const { reasoning, max_output_tokens: most, stream } = value;
  const effort = isObject(reasoning) ? reasoning.effort : undefined;
  return {
    ...(stream === true && { stream }),
    ...(typeof most === 'number' && { max_completion_tokens: most }),
    ...Object.fromEntries(SAME.filter((name) => isAsked(value[name])).map((name) => [name, value[name]])),
    ...(typeof effort === 'string' && { reasoning_effort: effort }),
    ...readText(value.text),
    ...readLogprobs(value),
  };
}

/** Names of the hints for which a chat has no place. */
export function droppedFrom(value: ResponsesRequest & Members): string[] {
  return Object.keys(value).filter((name) => {
    // The one that is the default asks for nothing.
    return !READ.has(name) && isAsked(value[name]) && !(name === 'truncation' && value[name] === 'disabled');
  });
}

function isAsked(given: unknown): boolean {
  if (given === undefined || given === null || given === false) return false;
  return !Array.isArray(given) || given.length > 0;
}

function readText(text: unknown): Said {
  if (!isObject(text)) return {};
  const { format, verbosity } = text;
  return { ...readFormat(format), ...(typeof verbosity === 'string' && { verbosity }) };
}

function readFormat(format: unknown): Said {
  if (format === undefined || format === null) return {};
  const { type, name, schema, strict, description } = requireObject(format, 'text.format');
  if (type === 'text') return {};
  if (type === 'json_object') return { response_format: { type } };
  if (type !== 'json_schema') {
    throw unsupported('text.format', `This model answers in no format of the type '${String(type)}'.`);
  }
  const form = {
    name: requireText(name, 'text.format.name'),
    ...(typeof description === 'string' && { description }),
    schema: requireObject(schema, 'text.format.schema'),
    ...(typeof strict === 'boolean' && { strict }),
  };
  return { response_format: { type, json_schema: form } };
}

function readLogprobs({ include, top_logprobs: top }: Members): Said {
  const isNumber = typeof top === 'number' && top > 0;
  if (!isNumber && !(Array.isArray(include) && include.includes(LOGPROBS))) return {};
  return { logprobs: true, ...(isNumber && { top_logprobs: top }) };
}
