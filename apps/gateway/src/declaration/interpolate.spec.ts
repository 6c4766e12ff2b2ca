import { expect, it } from 'vitest';
import { interpolate } from './interpolate.js';

const variables = { KEY: 'sk-1', URL_2: 'http://x', DOLLARS: '${KEY} $$ $&' };

it.each([
  ['plain', 'plain'],
  ['${KEY}', 'sk-1'],
  ['Bearer ${KEY}!', 'Bearer sk-1!'],
  ['${URL_2}/v1?k=${KEY}', 'http://x/v1?k=sk-1'],
  ['${NONE:-else}', 'else'],
  ['${NONE:-}', ''],
  ['${NONE:-a:-b $ c}', 'a:-b $ c'],
  ['${KEY:-else}', 'sk-1'],
  ['$${KEY}', '${KEY}'],
  ['$$$$', '$$'],
  ['$$${KEY}', '$sk-1'],
  ['a$b $ {x} $1 $', 'a$b $ {x} $1 $'],
  ['${DOLLARS}', '${KEY} $$ $&'],
])('%s', (text, expected) => expect(interpolate(text, variables)).toEqual({ text: expected }));

it.each([
  ['${NONE}', 'the variable NONE is not set'],
  ['${KEY}${NONE}${OTHER}', 'the variable NONE is not set'],
  ['${toString}', 'the variable toString is not set'],
  ['${__proto__}', 'the variable __proto__ is not set'],
  ...['${}', '${1A}', '${A B}', '${A-b}', '${KEY', '${ KEY }', '${KEY:=b}'].map((text) => [
    text,
    'is no variable: write ${NAME} or ${NAME:-default}, and $$ for a dollar',
  ]),
])('%s is refused', (text, fault) => expect(interpolate(text, variables)).toEqual({ fault }));
