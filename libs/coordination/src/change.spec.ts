import { describe, expect, it } from 'vitest';
import { decodeChange, encodeChange } from './change.js';

describe('a change on a channel', () => {
  it.each([
    { kind: 'key', id: 'key_1' },
    { kind: 'model', id: 'openai/*' },
    { kind: 'model', id: 'a "quoted"\nname é' },
  ])('comes out as it went in: %j', (change) => {
    expect(decodeChange(encodeChange(change))).toEqual(change);
  });

  it('fits what Postgres takes', () => {
    const text = encodeChange({ kind: 'model', id: 'é'.repeat(5_000) });
    expect(Buffer.byteLength(text)).toBeLessThan(8_000);
  });

  it.each(['', 'hello', 'null', '[]', '{"kind":"key"}', '{"kind":1,"id":"x"}', '{"kind":"key","id":null}'])(
    'is nothing when somebody else wrote it: %s',
    (text) => expect(decodeChange(text)).toBeUndefined(),
  );
});
