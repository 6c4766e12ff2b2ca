import { isObject, unsupported } from './chat-parameters.js';
import type { ChatParameters } from './chat-parameters.js';

/** Does a value ask for anything that makes another answer? */
export type Asks = (value: unknown, request: ChatParameters) => boolean;

const isLongerThan0 = (value: unknown): boolean => !Array.isArray(value) || value.length > 0;

/** The parameters that make another answer. All others are hints, or nobody's. */
const ASKS = {
  n: (value) => Number(value) > 1,
  logprobs: (value) => value === true,
  top_logprobs: (value) => Number(value) > 0,
  logit_bias: (value) => isObject(value) && Object.keys(value).length > 0,
  modalities: (value) => Array.isArray(value) && value.some((modality) => modality !== 'text'),
  audio: () => true,
  tools: isLongerThan0,
  tool_choice: (value, { tools }) => value !== 'auto' && tools != null && isLongerThan0(tools),
  response_format: (value) => isObject(value) && value.type !== 'text',
  functions: isLongerThan0,
  function_call: (value) => value !== 'none' && value !== 'auto',
  web_search_options: () => true,
} satisfies Record<string, Asks>;

/** A parameter that a provider has nothing for; with a question of one's own where it takes some of its values. */
export type Refusal = keyof typeof ASKS | readonly [name: keyof typeof ASKS, asks: Asks];

/** What OpenAI alone has: no other provider answers in sound, searches by these words, or knows the older tools. */
export const OPENAIS_OWN = [
  'modalities',
  'audio',
  'functions',
  'function_call',
  'web_search_options',
] as const satisfies readonly Refusal[];

/** @throws GatewayError `unsupported_parameter` that names the first of them that is asked for */
export function refuseParameters(request: ChatParameters, refusals: readonly Refusal[]): void {
  for (const refusal of refusals) {
    const [name, asks] = typeof refusal === 'string' ? [refusal, ASKS[refusal]] : refusal;
    const value = request[name];
    if (value === undefined || value === null || !asks(value, request)) continue;
    throw unsupported(name, `This model does not support the parameter '${name}'.`);
  }
}

/** What every translator reads itself. */
const READ_BY_ALL = new Set([
  ...Object.keys(ASKS),
  'model',
  'messages',
  'stream',
  'stream_options',
  'parallel_tool_calls',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop',
  'reasoning_effort',
]);

/** Names of the hints that nobody reads. @param read what this provider's translator reads beside what all do */
export function unreadHints(request: ChatParameters, read: ReadonlySet<string>): string[] {
  const others = Object.keys(request).filter((name) => !READ_BY_ALL.has(name) && !read.has(name));
  return others.filter((name) => isAsked(name, request[name]));
}

/** Does a hint ask for anything? A penalty of 0 is none. */
export function isAsked(name: string, value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  return value !== 0 || !name.endsWith('_penalty');
}
