import { expect, it } from 'vitest';
import { shapeCallId } from './shape-call-id.js';

it.each(['abcDEF123', '000000000'])('leaves %s, which fits', (id) => expect(shapeCallId(id)).toBe(id));

it.each(['', 'call_Ab12', 'call_1', 'toolu_01A09q90qw90lq917835lq9', 'abcdefghij', 'é'.repeat(9)])(
  'makes nine letters of %j, always the same',
  (id) => {
    expect(shapeCallId(id)).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(shapeCallId(id)).toBe(shapeCallId(id));
  },
);

it('tells ids apart', () => {
  const ids = Array.from({ length: 20_000 }, (_, index) => shapeCallId(`call_${index}`));
  expect(new Set(ids).size).toBe(ids.length);
});
