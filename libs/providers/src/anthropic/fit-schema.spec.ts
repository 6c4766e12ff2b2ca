import { describe, expect, it } from 'vitest';
import { fitSchema } from './fit-schema.js';

const TEXT = { type: 'string' };
const objectOf = (properties: object, rest: object = {}) => ({ type: 'object', properties, ...rest });
const CLOSED = { additionalProperties: false };

describe('a schema that answers can be held to', () => {
  it.each<[string, object, object]>([
    ['closes objects', objectOf({ a: objectOf({}) }), objectOf({ a: objectOf({}, CLOSED) }, CLOSED)],
    ['an object that has no members', { type: 'object', ...CLOSED }, { type: 'object', ...CLOSED }],
    [
      'tells limits in words',
      objectOf({
        a: { type: 'integer', minimum: 1, multipleOf: 2 },
        b: { ...TEXT, description: 'B.', minLength: 3 },
      }),
      objectOf(
        {
          a: { type: 'integer', description: '{minimum: 1, multipleOf: 2}' },
          b: { ...TEXT, description: 'B.\n{minLength: 3}' },
        },
        CLOSED,
      ),
    ],
    [
      'keeps what is known',
      { type: 'array', minItems: 1, items: { enum: ['a', 1] }, title: 'T' },
      { type: 'array', minItems: 1, items: { enum: ['a', 1] }, title: 'T' },
    ],
    [
      'a member may have a keyword’s name',
      objectOf({ minimum: TEXT, properties: TEXT, items: TEXT }),
      objectOf({ minimum: TEXT, properties: TEXT, items: TEXT }, CLOSED),
    ],
    [
      'several types are several schemas',
      { type: ['string', 'null'], enum: ['a', null], description: 'A.' },
      { description: 'A.', anyOf: [{ type: 'string', enum: ['a'] }, { type: 'null' }] },
    ],
    ['one of is any of', { oneOf: [TEXT, { type: 'null' }] }, { anyOf: [TEXT, { type: 'null' }] }],
    ['says nothing of its own name', { $schema: 's', $id: 'i', ...TEXT }, TEXT],
    ['known formats stay', { ...TEXT, format: 'date' }, { ...TEXT, format: 'date' }],
    ['others are told', { ...TEXT, format: 'iban' }, { ...TEXT, description: '{format: "iban"}' }],
    [
      'definitions',
      { $ref: '#/$defs/a', $defs: { a: objectOf({ b: { $ref: '#/$defs/c' } }), c: TEXT } },
      { $ref: '#/$defs/a', $defs: { a: objectOf({ b: { $ref: '#/$defs/c' } }, CLOSED), c: TEXT } },
    ],
  ])('%s', (_, schema, fitted) => expect(fitSchema(schema)).toEqual(fitted));

  it.each<[string, unknown]>([
    ['members of any name', objectOf({ a: TEXT }, { additionalProperties: TEXT })],
    ['members of any name, said so', { type: 'object', additionalProperties: true }],
    ['members of any name, unsaid', { type: 'object' }],
    ['names by a pattern', objectOf({}, { patternProperties: { '^x': TEXT } })],
    ['an open object inside', objectOf({ a: { type: 'array', items: { type: 'object' } } })],
    ['an open object in a union', { anyOf: [TEXT, { type: 'object' }] }],
    ['itself', objectOf({ next: { $ref: '#' } })],
    [
      'a definition inside of itself',
      { $ref: '#/$defs/a', $defs: { a: objectOf({ b: { $ref: '#/$defs/a' } }) } },
    ],
    ['no schema', 'string'],
    ['a list of members', objectOf([] as unknown as object)],
    ['a union that is none', { anyOf: {} }],
    ['what allows anything', objectOf({ a: true })],
  ])('is not one of %s', (_, schema) => expect(fitSchema(schema)).toBeUndefined());

  it('is found in time, however often its definitions meet', () => {
    const step = (index: number) =>
      objectOf({ a: { $ref: `#/$defs/d${index + 1}` }, b: { $ref: `#/$defs/d${index + 1}` } });
    const $defs = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`d${index}`, step(index)]));
    expect(fitSchema({ $ref: '#/$defs/d0', $defs: { ...$defs, d60: TEXT } })).toBeDefined();
  });
});
