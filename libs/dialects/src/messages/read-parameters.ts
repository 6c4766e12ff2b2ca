import { isObject, unsupported } from '#contract';
import type { Members, MessagesRequest } from '#contract';
import type { ChatWords } from '../spec.js';
import type { Said } from './wire.js';

/** What would make another answer of it, and a chat has no words for. */
const REFUSED = ['mcp_servers', 'container'];

/** What is read here or elsewhere. All others are hints. */
const READ = new Set([
  ...REFUSED,
  'model',
  'messages',
  'system',
  'max_tokens',
  'stream',
  'temperature',
  'top_p',
  'stop_sequences',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'output_format',
  'metadata',
  'service_tier',
]);

/** What is passed on to a chat whose reader knows it. */
const EXTENSIONS = new Set(['top_k', 'cache_control']);

const TIERS: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ['auto', 'auto'],
  ['standard_only', 'default'],
]);

const EFFORTS: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'xhigh'],
  ['max', 'xhigh'],
]);

/** Up to so many tokens of thought are a low, or a medium, effort. */
const LOW = 4_096;
const MEDIUM = 16_384;

/** The members of a request beside messages and tools. @throws GatewayError `unsupported_parameter` */
export function readParameters(value: MessagesRequest & Members, { hasExtensions }: ChatWords): Said {
  for (const name of REFUSED) {
    if (isAsked(value[name])) throw unsupported(name, `This model does not support the parameter '${name}'.`);
  }
  const { temperature, top_p: topP, stop_sequences: stop, metadata, service_tier: tier } = value;
  const effort = effortOf(value);
  const schema = schemaOf(value);
  return {
    max_tokens: value.max_tokens,
    ...(value.stream === true && { stream: true }),
    ...(typeof temperature === 'number' && { temperature }),
    ...(typeof topP === 'number' && { top_p: topP }),
    ...(Array.isArray(stop) && stop.length > 0 && { stop }),
    ...(typeof metadata?.user_id === 'string' && { user: metadata.user_id }),
    ...(TIERS.has(tier) && { service_tier: TIERS.get(tier) }),
    ...(effort !== undefined && { reasoning_effort: effort }),
    ...(schema !== undefined && { response_format: formatOf(schema) }),
    ...(hasExtensions && extensionsOf(value)),
  };
}

/** Names of the hints for which a chat has no place. */
export function droppedFrom(value: MessagesRequest & Members, { hasExtensions }: ChatWords): string[] {
  return Object.keys(value).filter(
    (name) => !READ.has(name) && !(hasExtensions && EXTENSIONS.has(name)) && isAsked(value[name]),
  );
}

function extensionsOf({ thinking, top_k: topK, cache_control: mark }: Members): Said {
  return {
    ...(isObject(thinking) && { thinking }),
    ...(typeof topK === 'number' && { top_k: topK }),
    ...(isObject(mark) && { cache_control: mark }),
  };
}

function isAsked(given: unknown): boolean {
  if (given === undefined || given === null || given === false) return false;
  return !Array.isArray(given) || given.length > 0;
}

/** An effort in words, or a budget in tokens; undefined: the model is not told to think. */
function effortOf({ thinking, output_config: config }: Members): string | undefined {
  const said = isObject(config) ? EFFORTS.get(config.effort) : undefined;
  if (said !== undefined || !isObject(thinking) || thinking.type !== 'enabled') return said;
  const budget = Number(thinking.budget_tokens);
  if (budget <= LOW) return 'low';
  return budget <= MEDIUM ? 'medium' : 'high';
}

/** Older clients have a member of its own for the form of the answer. */
function schemaOf({ output_config: config, output_format: older }: Members): unknown {
  const format = isObject(config) && isObject(config.format) ? config.format : older;
  return isObject(format) && format.type === 'json_schema' ? format.schema : undefined;
}

function formatOf(schema: unknown): Said {
  return { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } };
}
