/** So much of a file is looked at. */
export const WAV_HEAD_BYTES = 4_096;

const FORMAT = 'fmt ';
const DATA = 'data';
const BYTE_RATE_AT = 8;
/** A recorder that did not know yet how long it would be. */
const UNKNOWN = new Set([0, 0xffff_ffff]);

/**
 * How long a sound is, by the head of its file; undefined: it is no WAV (RIFF, little endian).
 *
 * @param head the first bytes of the file
 * @param length of the whole file, in bytes
 */
export function wavSeconds(head: Buffer, length: number): number | undefined {
  if (head.length < 12 || head.toString('latin1', 0, 4) !== 'RIFF') return undefined;
  if (head.toString('latin1', 8, 12) !== 'WAVE') return undefined;
  let byteRate = 0;
  for (let at = 12; at + 8 <= head.length;) {
    const name = head.toString('latin1', at, at + 4);
    const size = head.readUInt32LE(at + 4);
    const from = at + 8;
    if (name === FORMAT && from + BYTE_RATE_AT + 4 <= head.length) {
      byteRate = head.readUInt32LE(from + BYTE_RATE_AT);
    }
    if (name === DATA) {
      const bytes = UNKNOWN.has(size) ? length - from : Math.min(size, length - from);
      return byteRate > 0 ? bytes / byteRate : undefined;
    }
    // A chunk of an odd size is padded.
    at = from + size + (size % 2);
  }
  return undefined;
}
