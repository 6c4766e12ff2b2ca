import { describe, expect, it } from 'vitest';
import { rawMember } from './json.js';

describe('rawMember', () => {
  it.each([
    ['{"seed":9223372036854775807}', '9223372036854775807'],
    [' { "a" : 1 , "seed" : 1.10e+2 } ', '1.10e+2'],
    ['{"tools":[{"seed":1}],"x":{"seed":2,"y":"}\\""},"seed":-3}', '-3'],
    ['{"m":"\\"seed\\":4, \\\\","seed":5}', '5'],
    ['{"seed":1,"s\\u0065ed":2}', '2'],
    ['{"messages":[{"seed":1}]}', undefined],
    ['{}', undefined],
  ])('finds the seed of %s', (text, seed) => {
    expect(rawMember(text, 'seed')).toBe(seed);
  });
});
