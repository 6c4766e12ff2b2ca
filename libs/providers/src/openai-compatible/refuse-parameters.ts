import { isObject, unsupported } from './chat-parameters.js';
import type { ChatParameters } from './chat-parameters.js';

/** Parameters that ask for another answer than the provider can give, by name: does this value ask for it? */
export type Refusals = ReadonlyMap<string, (value: unknown) => boolean>;

/** What only OpenAI's own models do. */
export const OPENAIS_OWN: Refusals = new Map<string, (value: unknown) => boolean>([
  ['logit_bias', (value) => isObject(value) && Object.keys(value).length > 0],
  ['modalities', (value) => Array.isArray(value) && value.some((modality) => modality !== 'text')],
  ['audio', () => true],
  ['functions', (value) => !Array.isArray(value) || value.length > 0],
  ['function_call', (value) => value !== 'none' && value !== 'auto'],
  ['web_search_options', () => true],
]);

/** The same, of models that give one answer, and not the probability of its tokens. */
export const BEYOND_ONE_ANSWER: Refusals = new Map<string, (value: unknown) => boolean>([
  ['n', (value) => Number(value) > 1],
  ['logprobs', (value) => value === true],
  ['top_logprobs', (value) => Number(value) > 0],
  ...OPENAIS_OWN,
]);

/** @throws GatewayError `unsupported_parameter` */
export function refuseParameters(value: ChatParameters, refusals: Refusals): void {
  for (const [name, isRefused] of refusals) {
    const given = value[name];
    if (given !== undefined && given !== null && isRefused(given)) {
      throw unsupported(name, `This model does not support the parameter '${name}'.`);
    }
  }
}

/** Names of hints: what is asked for and read nowhere. A penalty of 0 is none. */
export function unreadParameters(value: ChatParameters, read: ReadonlySet<string>): string[] {
  return Object.keys(value).filter((name) => {
    const given = value[name];
    if (read.has(name) || given === undefined || given === null || given === false) return false;
    return given !== 0 || !name.endsWith('_penalty');
  });
}
