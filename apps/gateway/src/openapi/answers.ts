import { ADMIN } from './admin-answers.js';
import { BUDGET } from './budget-answers.js';
import { ROUTING } from './routing-answers.js';
import { OPENAI } from './openai-answers.js';
import { SYSTEM } from './system-answers.js';
import { ANY_OBJECT, TIME, one, own, theirs } from './schema-words.js';

const PUBLIC = {
  Health: own({ status: one('healthy'), timestamp: TIME }),
  Readiness: theirs({ status: { enum: ['ok', 'degraded', 'error', 'shutting_down'] }, details: ANY_OBJECT }),
} as const;

export const SCHEMAS = { ...OPENAI, ...ADMIN, ...BUDGET, ...ROUTING, ...SYSTEM, ...PUBLIC };
export type SchemaName = keyof typeof SCHEMAS;
export const ref = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` });
