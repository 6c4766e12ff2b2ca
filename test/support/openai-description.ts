import { existsSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';

/** OpenAI's own description of its API: too large to keep here. */
const DESCRIPTION = new URL('../../../shared/openapi/openai.json', import.meta.url);
export const isDescriptionHere = existsSync(DESCRIPTION);

/** Asserts that values are valid by one of the description's schemas. */
export interface Description {
  isValid(schema: string, value: unknown): boolean;
  expectValid(schema: string, value: unknown): void;
}

export function readDescription(): Description {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema(asJsonSchema(JSON.parse(readFileSync(DESCRIPTION, 'utf8'))) as object, 'openai');
  const find = (name: string) => {
    const reference = `openai#/components/schemas/${name}`;
    return ajv.getSchema(reference) ?? ajv.compile({ $ref: reference });
  };
  return {
    isValid: (schema, value) => find(schema)(value) === true,
    expectValid: (schema, value) => {
      const validate = find(schema);
      validate(value);
      expect({ errors: validate.errors, value }).toEqual({ errors: null, value });
    },
  };
}

/** `nullable` is OpenAPI 3.0's word, which JSON Schema does not know. */
function asJsonSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asJsonSchema);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...rest } = Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, asJsonSchema(member)]),
  );
  if (nullable !== true) return rest;
  const { description, ...schema } = rest;
  return { description, anyOf: [schema, { type: 'null' }] };
}
