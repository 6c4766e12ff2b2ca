import type { JsonSchema } from './json-schema.js';

export const TEXT = { type: 'string' };
export const TEXT_OR_NULL = { type: ['string', 'null'] };
export const NUMBER = { type: 'number' };
export const NUMBER_OR_NULL = { type: ['number', 'null'] };
export const COUNT = { type: 'integer', minimum: 0 };
export const COUNT_OR_NULL = { type: ['integer', 'null'] };
export const YES_OR_NO = { type: 'boolean' };
export const TIME = { type: 'string', format: 'date-time' };
export const TIME_OR_NULL = { type: ['string', 'null'], format: 'date-time' };
export const UNIX_SECONDS = { type: 'integer', description: 'Unix seconds' };
export const ANY_OBJECT = { type: 'object' };
export const OBJECT_OR_NULL = { type: ['object', 'null'] };
export const TEXTS = { type: 'array', items: TEXT };

type Properties = Readonly<Record<string, object>>;

/** An object of ours: all of it is known, and all of it is there. */
export function own(properties: Properties): JsonSchema {
  return {
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  } as never;
}

/** An object of OpenAI's, of which a provider may say more. */
export function theirs(properties: Properties, optional: Properties = {}): JsonSchema {
  const required = Object.keys(properties);
  return { type: 'object', properties: { ...properties, ...optional }, required } as never;
}

/** What a model can; what is not known is not there. */
export const CAPABILITIES = {
  context_window: COUNT,
  max_output_tokens: COUNT,
  modalities: { type: 'object', properties: { input: TEXTS, output: TEXTS }, additionalProperties: false },
  tools: YES_OR_NO,
  structured_output: YES_OR_NO,
  reasoning: YES_OR_NO,
};

/** What is not bounded is not there. */
export const LIMITS = {
  type: 'object',
  properties: { rpm: COUNT, tpm: COUNT, parallel: COUNT },
  additionalProperties: false,
};

const A_BUDGET = {
  usd: TEXT,
  period: { enum: ['total', 'day', 'week', 'month'] },
  mode: { enum: ['strict', 'balanced'] },
};
const ALERTS = { type: 'array', items: own({ at: NUMBER, url: TEXT }) };

/** What may be spent in a period; null: there is no bound. */
export const END_USER_BUDGET = { anyOf: [own(A_BUDGET), { type: 'null' }] };
export const BUDGET = { anyOf: [own({ ...A_BUDGET, alerts: ALERTS }), { type: 'null' }] };

export const one = (value: string) => ({ const: value });
export const listOf = (items: object) => ({ type: 'array', items });
