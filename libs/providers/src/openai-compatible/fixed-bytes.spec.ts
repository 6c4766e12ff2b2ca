import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FixedBytes, viewOf } from './fixed-bytes.js';

const texts = fc.string({ unit: 'binary-ascii', maxLength: 90 }).map((text) => text.replaceAll('\0', ' '));

describe('FixedBytes', () => {
  it('stand where they are, and nowhere else', () => {
    fc.assert(
      fc.property(texts, texts, texts, fc.nat(8), (before, text, behind, off) => {
        // A packet may begin anywhere in its memory.
        const packet = Buffer.from(`${'x'.repeat(off)}${before}${text}${behind}`).subarray(off);
        const fixed = new FixedBytes(Buffer.from(text));
        for (let at = 0; at <= packet.length + 1; at++)
          expect(fixed.standIn(viewOf(packet), at)).toBe(
            packet.toString('latin1').startsWith(text, at) && at + text.length <= packet.length,
          );
      }),
    );
  });

  it('do not stand where one byte is another', () => {
    const bytes = Buffer.from('x'.repeat(77));
    const fixed = new FixedBytes(bytes);
    expect(fixed.standIn(viewOf(bytes), 0)).toBe(true);
    for (let at = 0; at < bytes.length; at++) {
      const other = Buffer.from(bytes);
      other[at] = 0x79;
      expect(fixed.standIn(viewOf(other), 0)).toBe(false);
    }
  });
});
