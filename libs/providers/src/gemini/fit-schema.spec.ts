import { describe, expect, it } from 'vitest';
import { fitSchema } from './fit-schema.js';

const object = (properties: object, rest: object = {}) => ({ type: 'object', properties, ...rest });

describe('a schema in the part of the language that Gemini knows', () => {
  it.each<[string, unknown, object]>([
    [
      'what it knows stays',
      object({ a: { type: 'string', format: 'date' } }),
      object({ a: { type: 'string', format: 'date' } }),
    ],
    [
      'limits it does not know are told',
      { type: 'string', minLength: 2 },
      { type: 'string', description: '{minLength: 2}' },
    ],
    [
      'behind what is said already',
      { type: 'string', description: 'A name.', pattern: '^a' },
      { type: 'string', description: 'A name.\n{pattern: "^a"}' },
    ],
    ['a constant is the only one of a list', { const: 'a' }, { enum: ['a'] }],
    [
      'null is said by the type',
      { type: ['string', 'null'], enum: ['a', null] },
      { type: ['string', 'null'], enum: ['a'] },
    ],
    ['a list of what is no text and no number is told', { enum: [true] }, { description: '{enum: [true]}' }],
    ['a constant that is no text', { const: true }, { description: '{const: true}' }],
    ['nothing is said of where it comes from', { $schema: 'x', $id: 'y', type: 'null' }, { type: 'null' }],
    [
      'definitions have one name',
      { $ref: '#/definitions/a', definitions: { a: { type: 'string', maxLength: 1 } } },
      { $ref: '#/$defs/a', $defs: { a: { type: 'string', description: '{maxLength: 1}' } } },
    ],
    [
      'nothing stands beside a reference',
      { $ref: '#/$defs/a', description: 'An a.', default: 1 },
      { $ref: '#/$defs/a' },
    ],
    [
      'all of several is one',
      {
        allOf: [object({ a: {} }, { required: ['a'] }), object({ b: {} }, { required: ['b', 'a'] })],
        title: 'T',
      },
      { title: 'T', ...object({ a: {}, b: {} }), required: ['a', 'b'] },
    ],
    [
      'lists of schemas',
      { anyOf: [{ const: 1 }, true], items: { minLength: 1 }, additionalProperties: { const: 'x' } },
      {
        anyOf: [{ enum: [1] }, {}],
        items: { description: '{minLength: 1}' },
        additionalProperties: { enum: ['x'] },
      },
    ],
    [
      'a member may be called as a keyword',
      object({ const: { type: 'null' } }),
      object({ const: { type: 'null' } }),
    ],
    ['a list of items', { items: [{ const: 'x' }, {}] }, { prefixItems: [{ enum: ['x'] }, {}] }],
    ['what is none', true, {}],
  ])('%s', (_, schema, fitted) => expect(fitSchema(schema)).toEqual(fitted));
});
