import { expect, it } from 'vitest';
import { covers } from './covers.js';

it.each([
  ['a', 'a', true],
  ['a', 'ab', false],
  ['a/*', 'a/b', true],
  ['a/*', 'a/', false],
  ['a/*', 'b', false],
  ['*', 'b', true],
])('%s is there for %s: %s', (id, name, expected) => expect(covers(id, name)).toBe(expected));
