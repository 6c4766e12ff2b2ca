import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { sampleJson } from './sample-json.js';

const object = (properties: object, required = Object.keys(properties)): object => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

const SCHEMAS: Record<string, object> = {
  scalars: object({
    a: { type: 'string' },
    b: { type: 'number' },
    c: { type: 'integer' },
    d: { type: 'boolean' },
  }),
  nothing: object({ a: { type: 'null' } }),
  'enum and const': object({
    a: { enum: ['x', 'y'] },
    b: { const: { k: [1] } },
    c: { type: 'integer', enum: [4] },
  }),
  nested: object({ a: object({ b: { type: 'array', items: object({ c: { type: 'string' } }) } }) }),
  nullable: object({
    a: { type: ['string', 'null'] },
    b: { type: ['null', 'integer'] },
    c: { type: ['null'] },
  }),
  'part required': object({ a: { type: 'string' }, b: { type: 'string' } }, ['b']),
  'required but undeclared': { type: 'object', required: ['z'] },
  'no types': { properties: { a: { items: {} }, b: { minimum: 3 }, c: {} } },
  bounds: object({
    a: { type: 'integer', minimum: 7, maximum: 9 },
    b: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
    c: { type: 'integer', exclusiveMaximum: 0 },
    d: { type: 'integer', multipleOf: 5, exclusiveMinimum: 10 },
    e: { type: 'number', maximum: -2 },
    f: { type: 'integer', exclusiveMinimum: 3.5 },
    g: { type: 'number', multipleOf: 0.5, minimum: 2 },
  }),
  lengths: object({
    a: { type: 'string', minLength: 20 },
    b: { type: 'string', maxLength: 2 },
    c: { type: 'array', minItems: 3, items: { type: 'integer' } },
    d: { type: 'array', maxItems: 0 },
    e: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], items: false },
  }),
  unions: object({
    a: { anyOf: [{ type: 'null' }, { type: 'integer' }] },
    b: { oneOf: [object({ k: { const: 'x' } })] },
  }),
  'all of': { allOf: [object({ a: { type: 'string' } }), { type: 'object', required: ['a'] }] },
  recursive: {
    $ref: '#/$defs/node',
    $defs: {
      node: object({
        value: { type: 'string' },
        children: { type: 'array', items: { $ref: '#/$defs/node' } },
        next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
      }),
    },
  },
  'recursive but optional': { type: 'object', properties: { self: { $ref: '#' }, n: { type: 'integer' } } },
};

describe('sampleJson', () => {
  it.each(Object.entries(SCHEMAS))('is valid: %s', (_, schema) => {
    const validate = new Ajv2020({ strict: false }).compile(schema);
    const value = sampleJson(schema);
    expect(validate(value), JSON.stringify({ value, errors: validate.errors })).toBe(true);
  });

  it('takes properties of any name', () => {
    const value = sampleJson(JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}'));
    expect(JSON.stringify(value)).toBe('{"__proto__":"sample"}');
  });

  it('answers something for no schema at all', () => {
    expect(sampleJson(undefined)).toBe('sample');
    expect(sampleJson({ type: 'object' })).toEqual({});
  });
});
