/** So much of a file is looked at. */
export const WAV_HEAD_BYTES = 4_096;

const FORMAT = 'fmt ';
const DATA = 'data';
const FORMAT_BYTES = 16;
/** Plain samples, of integers, floats, or by either law; and the form that says more of them. */
const PLAIN = new Set([1, 3, 6, 7, 0xfffe]);
/** A recorder that did not know yet how long it would be. */
const UNKNOWN = new Set([0, 0xffff_ffff]);

/**
 * How long a sound is, by the head of its file; undefined: it is no WAV (RIFF, little endian) of plain samples.
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
    if (name === FORMAT && from + FORMAT_BYTES <= head.length) byteRate = byteRateOf(head, from);
    if (name === DATA) {
      const bytes = UNKNOWN.has(size) ? length - from : Math.min(size, length - from);
      return byteRate > 0 ? bytes / byteRate : undefined;
    }
    // A chunk of an odd size is padded.
    at = from + size + (size % 2);
  }
  return undefined;
}

/** By its samples, as whoever plays it goes: the bytes that the head itself names may be anything. */
function byteRateOf(head: Buffer, from: number): number {
  if (!PLAIN.has(head.readUInt16LE(from))) return 0;
  const channels = head.readUInt16LE(from + 2);
  const samples = head.readUInt32LE(from + 4);
  const bits = head.readUInt16LE(from + 14);
  return (samples * channels * bits) / 8;
}
