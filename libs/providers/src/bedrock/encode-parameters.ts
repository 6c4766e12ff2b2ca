import { isObject, unsupported } from '#contract';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import { OPENAIS_OWN, refuseParameters, unreadHints } from '../openai-compatible/answer-parameters.js';
import type { Refusal } from '../openai-compatible/answer-parameters.js';
import { encodeReasoning } from './encode-reasoning.js';
import type { ModelTraits } from './model-traits.js';

/** The members of a request beside messages and tools. */
export interface Parameters {
  readonly members: Readonly<Record<string, unknown>>;
  /** What was asked for, and is not passed on: hints, by OpenAI's names. */
  readonly dropped: readonly string[];
}

/** Bedrock's own words, which pass. */
const OWN = ['guardrailConfig', 'performanceConfig', 'requestMetadata', 'additionalModelResponseFieldPaths'];

/** What would make another answer of it, and Bedrock has nothing for. */
const REFUSED: readonly Refusal[] = ['n', 'logprobs', 'top_logprobs', 'logit_bias', ...OPENAIS_OWN];

/** What is read here, beside what all read. */
const READ = new Set([...OWN, 'service_tier', 'additionalModelRequestFields']);

/** Words that only Claude knows. */
const CLAUDES = ['thinking', 'output_config'];

const TIERS = new Set<unknown>(['default', 'flex', 'priority', 'reserved']);

/** @param isForced must the model call a tool? @throws GatewayError `unsupported_parameter` */
export function encodeParameters(value: ChatParameters, traits: ModelTraits, isForced: boolean): Parameters {
  refuseParameters(value, REFUSED);
  const reasoning = encodeReasoning(value, traits, isForced);
  const sampling = encodeSampling(value, traits, reasoning.thinks);
  const { topK, ...samplers } = sampling.members;
  const maxTokens = value.max_completion_tokens ?? value.max_tokens ?? reasoning.maxTokens;
  const inference = {
    ...(typeof maxTokens === 'number' && { maxTokens }),
    ...samplers,
    ...stopSequences(value.stop, traits),
  };
  const given = value.additionalModelRequestFields;
  const fields = { ...reasoning.fields, ...topKField(topK, traits), ...(isObject(given) && given) };
  const tier = value.service_tier;
  const members = {
    ...(Object.keys(inference).length > 0 && { inferenceConfig: inference }),
    ...(Object.keys(fields).length > 0 && { additionalModelRequestFields: fields }),
    ...(TIERS.has(tier) && { serviceTier: { type: tier } }),
    ...Object.fromEntries(OWN.flatMap((name) => (value[name] == null ? [] : [[name, value[name]]]))),
  };
  const read = traits.claude ? new Set([...READ, ...CLAUDES]) : READ;
  const dropped = [
    ...sampling.dropped,
    ...(reasoning.isDropped ? ['reasoning_effort'] : []),
    ...(tier && tier !== 'auto' && !TIERS.has(tier) ? ['service_tier'] : []),
    ...unreadHints(value, read),
  ];
  return { members, dropped };
}

/** OpenAI's temperature goes up to 2, Bedrock's up to 1. */
function encodeSampling(value: ChatParameters, { claude, topK }: ModelTraits, thinks: boolean): Parameters {
  const given = Object.entries({
    ...(typeof value.temperature === 'number' && { temperature: Math.min(value.temperature, 1) }),
    ...(typeof value.top_p === 'number' && { topP: value.top_p }),
  });
  const room = !claude ? 2 : thinks ? 0 : claude.samplers;
  // 1 is what either is if nobody says anything: it stands back where there is room for one.
  const inOrder = given.sort(([, one], [, other]) => Number(one === 1) - Number(other === 1));
  const hasTopK = typeof value.top_k === 'number';
  const takesTopK = hasTopK && topK !== undefined && room > 0;
  return {
    members: { ...Object.fromEntries(inOrder.slice(0, room)), ...(takesTopK && { topK: value.top_k }) },
    dropped: [
      ...inOrder.slice(room).flatMap(([name, amount]) => (amount === 1 ? [] : [NAMES[name] ?? name])),
      ...(hasTopK && !takesTopK ? ['top_k'] : []),
    ],
  };
}

const NAMES: Readonly<Record<string, string>> = { topP: 'top_p' };

function topKField(amount: unknown, { topK }: ModelTraits): object {
  if (amount === undefined || topK === undefined) return {};
  return topK === 'top_k' ? { top_k: amount } : { inferenceConfig: { topK: amount } };
}

function stopSequences(stop: ChatParameters['stop'], { claude }: ModelTraits): object {
  const sequences = typeof stop === 'string' ? [stop] : (stop ?? []);
  // They are refused; to leave one out would make another answer.
  if (sequences.some((sequence) => (claude ? sequence.trim() : sequence) === '')) {
    throw unsupported('stop', 'This model does not stop at white space.');
  }
  return sequences.length > 0 ? { stopSequences: sequences } : {};
}
