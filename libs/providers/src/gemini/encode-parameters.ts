import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import { isObject, unsupported } from '../openai-compatible/chat-parameters.js';
import { OPENAIS_OWN, refuseParameters, unreadParameters } from '../openai-compatible/refuse-parameters.js';
import type { AnswerForm } from './answer-form.js';
import { encodeThinking } from './encode-thinking.js';
import type { GeminiTraits } from './gemini-traits.js';

/** The members of a request beside contents and tools. */
export interface Parameters {
  readonly members: Readonly<Record<string, unknown>>;
  /** What was asked for, and is not passed on: hints, by OpenAI's names. */
  readonly dropped: readonly string[];
}

/** What is read here or elsewhere. All others are hints, or nobody's. */
const READ = new Set([
  ...OPENAIS_OWN.keys(),
  'model',
  'messages',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'presence_penalty',
  'frequency_penalty',
  'n',
  'logprobs',
  'top_logprobs',
  'seed',
  'stop',
  'reasoning_effort',
  'safety_settings',
  'extra_body',
]);

/** Numbers that a model takes or does not, by OpenAI's name and Google's. */
const SAMPLERS = [
  ['temperature', 'temperature', 1],
  ['top_p', 'topP', 1],
  ['top_k', 'topK', undefined],
] as const;
const PENALTIES = [
  ['presence_penalty', 'presencePenalty', 0],
  ['frequency_penalty', 'frequencyPenalty', 0],
] as const;

/** @throws GatewayError `unsupported_parameter` */
export function encodeParameters(value: ChatParameters, traits: GeminiTraits, form: AnswerForm): Parameters {
  refuse(value, traits);
  const own = ownWords(value.extra_body);
  const { thinkingConfig, isDropped } = encodeThinking(value, traits, own.thinking_config);
  const sampling = encodeNumbers(value, SAMPLERS, traits.samples);
  const penalties = encodeNumbers(value, PENALTIES, traits.penalizes);
  const seed = encodeSeed(value.seed);
  const maxTokens = value.max_completion_tokens ?? value.max_tokens;
  const config = {
    ...(typeof maxTokens === 'number' && { maxOutputTokens: maxTokens }),
    ...sampling.members,
    ...penalties.members,
    ...seed.members,
    ...stopSequences(value.stop),
    ...(Number(value.n) > 1 && { candidateCount: value.n }),
    ...logprobsOf(value),
    ...(form.kind === 'json' && { responseMimeType: 'application/json' }),
    ...(form.kind === 'json' && form.schema !== undefined && { responseJsonSchema: form.schema }),
    ...(thinkingConfig && { thinkingConfig }),
  };
  const safety = value.safety_settings ?? own.safety_settings;
  const members = {
    ...(Object.keys(config).length > 0 && { generationConfig: config }),
    ...(Array.isArray(safety) && { safetySettings: safety as unknown[] }),
    ...(typeof own.cached_content === 'string' && { cachedContent: own.cached_content }),
  };
  const dropped = [
    ...sampling.dropped,
    ...penalties.dropped,
    ...seed.dropped,
    ...(isDropped ? ['reasoning_effort'] : []),
    ...unreadParameters(value, READ),
  ];
  return { members, dropped };
}

function refuse(value: ChatParameters, traits: GeminiTraits): void {
  refuseParameters(value, OPENAIS_OWN);
  if (Number(value.n) > 1 && (value.stream === true || !traits.givesSeveral)) {
    const when = traits.givesSeveral ? ' in a stream' : '';
    throw unsupported('n', `This model gives one answer at a time${when}: 'n' may be 1.`);
  }
}

/** Google's own members, where its OpenAI endpoint has them: `extra_body.google`. */
function ownWords(extra: unknown): Readonly<Record<string, unknown>> {
  const google = isObject(extra) ? extra.google : undefined;
  return isObject(google) ? google : {};
}

/** @param numbers their names, and the amount that asks for nothing */
function encodeNumbers(
  value: ChatParameters,
  numbers: readonly (readonly [string, string, number | undefined])[],
  isTaken: boolean,
): Parameters {
  const given = numbers.filter(([name]) => typeof value[name] === 'number');
  const asked = given.filter(([name, , usual]) => value[name] !== usual);
  if (!isTaken) return { members: {}, dropped: asked.map(([name]) => name) };
  return { members: Object.fromEntries(given.map(([name, own]) => [own, value[name]])), dropped: [] };
}

/** OpenAI's seed has 64 bits, Google's 32. */
function encodeSeed(seed: unknown): Parameters {
  if (typeof seed !== 'number') return { members: {}, dropped: [] };
  return (seed | 0) === seed ? { members: { seed }, dropped: [] } : { members: {}, dropped: ['seed'] };
}

function stopSequences(stop: ChatParameters['stop']): object {
  const sequences = typeof stop === 'string' ? [stop] : (stop ?? []);
  return sequences.length > 0 ? { stopSequences: sequences } : {};
}

function logprobsOf({ logprobs, top_logprobs: top }: ChatParameters): object {
  if (logprobs !== true) return {};
  return { responseLogprobs: true, ...(Number(top) > 0 && { logprobs: top }) };
}
