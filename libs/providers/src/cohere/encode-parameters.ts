import { isObject } from '#contract';
import { OPENAIS_OWN, refuseParameters, unreadHints } from '../openai-compatible/answer-parameters.js';
import type { Refusal } from '../openai-compatible/answer-parameters.js';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import type { AnswerForm } from './answer-form.js';
import type { CommandTraits } from './command-traits.js';
import { encodeThinking } from './encode-thinking.js';

/** The members of a request beside messages and tools. */
export interface Parameters {
  readonly members: Readonly<Record<string, unknown>>;
  /** What was asked for, and is not passed on: hints, by OpenAI's names. */
  readonly dropped: readonly string[];
}

/** What would make another answer of it, and Cohere has nothing for. */
const REFUSED: readonly Refusal[] = ['n', 'top_logprobs', 'logit_bias', ...OPENAIS_OWN];

/** Cohere's own words, which pass as they are. */
const OWN = ['k', 'p', 'documents', 'citation_options', 'safety_mode', 'priority'];

/** What is read here, beside what all read. */
const READ = new Set([...OWN, 'thinking', 'seed', 'presence_penalty', 'frequency_penalty']);

/** Numbers by OpenAI's name and Cohere's, and the bounds that Cohere has for them. */
const NUMBERS = [
  ['temperature', 'temperature', 0, 1],
  ['top_p', 'p', 0.01, 0.99],
  ['top_k', 'k', 0, 500],
  ['presence_penalty', 'presence_penalty', 0, 1],
  ['frequency_penalty', 'frequency_penalty', 0, 1],
] as const;

/** @throws GatewayError `unsupported_parameter` */
export function encodeParameters(value: ChatParameters, traits: CommandTraits, form: AnswerForm): Parameters {
  refuseParameters(value, REFUSED);
  const { thinking, isDropped } = encodeThinking(value, traits);
  const numbers = encodeNumbers(value);
  const seed = encodeSeed(value.seed);
  const maxTokens = value.max_completion_tokens ?? value.max_tokens;
  const members = {
    ...(typeof maxTokens === 'number' && { max_tokens: maxTokens }),
    ...numbers.members,
    ...seed.members,
    ...stopSequences(value.stop),
    ...(value.logprobs === true && { logprobs: true }),
    ...(thinking !== undefined && { thinking }),
    ...responseFormat(form),
    ...ownWords(value),
  };
  const dropped = [
    ...numbers.dropped,
    ...seed.dropped,
    ...(isDropped ? ['reasoning_effort'] : []),
    ...unreadHints(value, READ),
  ];
  return { members, dropped };
}

/** OpenAI's bounds are wider: what is beyond Cohere's stands at them. A penalty below 0 is none. */
function encodeNumbers(value: ChatParameters): Parameters {
  const given = NUMBERS.filter(([name]) => typeof value[name] === 'number');
  const members = given.map(([name, own, least, most]) => {
    const amount = Math.min(Math.max(value[name] as number, least), most);
    return [own, amount] as const;
  });
  const dropped = given.filter(([name]) => name.endsWith('_penalty') && (value[name] as number) < 0);
  return { members: Object.fromEntries(members), dropped: dropped.map(([name]) => name) };
}

/** Cohere's seed has no sign, and a number that JavaScript cannot hold would be another one. */
function encodeSeed(seed: unknown): Parameters {
  if (typeof seed !== 'number') return { members: {}, dropped: [] };
  const isTaken = Number.isSafeInteger(seed) && seed >= 0;
  return isTaken ? { members: { seed }, dropped: [] } : { members: {}, dropped: ['seed'] };
}

function stopSequences(stop: ChatParameters['stop']): object {
  const sequences = typeof stop === 'string' ? [stop] : (stop ?? []);
  return sequences.length > 0 ? { stop_sequences: sequences } : {};
}

function responseFormat(form: AnswerForm): object {
  if (form.kind !== 'json') return {};
  const schema = isObject(form.schema) ? { json_schema: form.schema } : {};
  return { response_format: { type: 'json_object', ...schema } };
}

function ownWords(value: ChatParameters): object {
  const given = OWN.filter((name) => value[name] !== undefined && value[name] !== null);
  return Object.fromEntries(given.map((name) => [name, value[name]]));
}
