import { isObject, unsupported } from '#contract';
import type { AnswerForm } from '../claude/answer-form.js';
import type { ClaudeTraits } from '../claude/claude-traits.js';
import { encodeThinking } from '../claude/encode-thinking.js';
import { OPENAIS_OWN, refuseParameters, unreadHints } from '../openai-compatible/answer-parameters.js';
import type { Refusal } from '../openai-compatible/answer-parameters.js';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';

/** The members of a request beside messages and tools. */
export interface Parameters {
  readonly members: Readonly<Record<string, unknown>>;
  /** What was asked for, and is not passed on: hints, by OpenAI's names. */
  readonly dropped: readonly string[];
}

/** What would make another answer of it, and Anthropic has nothing for. */
const REFUSED: readonly Refusal[] = ['n', 'logprobs', 'top_logprobs', 'logit_bias', ...OPENAIS_OWN];

/** What is read here, beside what all read. */
const READ = new Set([
  'user',
  'safety_identifier',
  'service_tier',
  'thinking',
  'cache_control',
  'output_config',
]);

const TIERS: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ['auto', 'auto'],
  ['default', 'standard_only'],
  ['standard_only', 'standard_only'],
]);

/** Longer ids are refused. */
const LONGEST_USER = 256;

/** @throws GatewayError `unsupported_parameter` */
export function encodeParameters(
  value: ChatParameters,
  traits: ClaudeTraits,
  form: AnswerForm,
  isForced: boolean,
): Parameters {
  refuseParameters(value, REFUSED);
  const maxTokens = value.max_completion_tokens ?? value.max_tokens ?? traits.maxTokens;
  const { thinking, effort, isDropped } = encodeThinking(value, traits, maxTokens, isForced);
  const sampling = encodeSampling(value, traits, isObject(thinking) && thinking.type !== 'disabled');
  const user = [value.user, value.safety_identifier].find((id) => typeof id === 'string' && id !== '');
  const isUser = typeof user === 'string' && user.length <= LONGEST_USER;
  const tier = TIERS.get(value.service_tier);
  const members = {
    max_tokens: maxTokens,
    ...(thinking !== undefined && { thinking }),
    ...outputConfig(value.output_config, effort, form),
    ...sampling.members,
    ...stopSequences(value.stop),
    ...(value.stream === true && { stream: true }),
    ...(isUser && { metadata: { user_id: user } }),
    ...(tier !== undefined && { service_tier: tier }),
    ...(isObject(value.cache_control) && { cache_control: value.cache_control }),
  };
  const dropped = [
    ...sampling.dropped,
    ...(isDropped ? ['reasoning_effort'] : []),
    ...(user !== undefined && !isUser ? ['user'] : []),
    ...(value.service_tier && tier === undefined ? ['service_tier'] : []),
    ...unreadHints(value, READ),
  ];
  return { members, dropped };
}

/** OpenAI's temperature goes up to 2, Anthropic's up to 1. */
function encodeSampling(value: ChatParameters, { samplers }: ClaudeTraits, thinks: boolean): Parameters {
  const { temperature, top_p: topP, top_k: topK } = value;
  const given = Object.entries({
    ...(typeof temperature === 'number' && { temperature: Math.min(temperature, 1) }),
    ...(typeof topP === 'number' && { top_p: topP }),
  });
  // 1 is what either is if nobody says anything: it stands back where there is room for one.
  const inOrder = given.sort(([, one], [, other]) => Number(one === 1) - Number(other === 1));
  const taken = thinks ? 0 : samplers;
  const takesTopK = taken > 0 && typeof topK === 'number';
  return {
    members: { ...Object.fromEntries(inOrder.slice(0, taken)), ...(takesTopK && { top_k: topK }) },
    dropped: [
      ...inOrder.slice(taken).flatMap(([name, amount]) => (amount === 1 ? [] : [name])),
      ...(typeof topK === 'number' && !takesTopK ? ['top_k'] : []),
    ],
  };
}

function stopSequences(stop: ChatParameters['stop']): object {
  const sequences = typeof stop === 'string' ? [stop] : (stop ?? []);
  // Anthropic refuses one without anything to read; to leave it out would make another answer.
  if (sequences.some((sequence) => sequence.trim() === '')) {
    throw unsupported('stop', 'This model does not stop at white space.');
  }
  return sequences.length > 0 ? { stop_sequences: sequences } : {};
}

function outputConfig(given: unknown, effort: string | undefined, form: AnswerForm): object {
  const config = {
    ...(effort !== undefined && { effort }),
    ...(form.kind === 'schema' && { format: { type: 'json_schema', schema: form.schema } }),
    ...(isObject(given) && given),
  };
  return Object.keys(config).length > 0 ? { output_config: config } : {};
}
