import { expect, it } from 'vitest';
import { wavOf } from '../../../../../test/support/wav.js';
import { wavSeconds } from './wav-seconds.js';

const WAV = wavOf(2.5);
/** A file whose head says another size of its sound. */
const claiming = (size: number): Buffer => {
  const file = Buffer.from(WAV);
  file.writeUInt32LE(size, 40);
  return file;
};
/** A chunk of three bytes, and its padding, before the format. */
const decorated = Buffer.concat([WAV.subarray(0, 12), Buffer.from('LIST\x03\0\0\0abc\0'), WAV.subarray(12)]);

it.each<[string, Buffer, number | undefined]>([
  ['a sound', WAV, 2.5],
  ['one with a chunk of an odd size before it', decorated, 2.5],
  ['one whose recorder did not know its length', claiming(0xffff_ffff), 2.5],
  ['one that says to be longer than its file', claiming(4_000_000_000), 2.5],
  ['a head that is cut', WAV.subarray(0, 30), undefined],
  ['no sound', Buffer.from('RIFF'), undefined],
  ['a picture', Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBP'), Buffer.alloc(100)]), undefined],
  ['another format', Buffer.from('fffb9000'.repeat(20), 'hex'), undefined],
  ['nothing', Buffer.alloc(0), undefined],
])('tells how long it is: %s', (_, file, seconds) => {
  expect(wavSeconds(file, file.length)).toBe(seconds);
  expect(wavSeconds(file.subarray(0, 100), file.length)).toBe(seconds);
});

it('is what its samples take, whatever it says of its bytes in a second', () => {
  const file = Buffer.from(WAV);
  file.writeUInt32LE(4_000_000_000, 28);
  expect(wavSeconds(file, file.length)).toBe(2.5);
});

it('is not known of sound that is pressed, whose head may say anything', () => {
  const file = Buffer.from(WAV);
  file.writeUInt16LE(0x11, 20);
  expect(wavSeconds(file, file.length)).toBeUndefined();
});

it('is nothing where the format says that a second has no bytes', () => {
  const file = Buffer.from(WAV);
  file.writeUInt32LE(0, 24);
  expect(wavSeconds(file, file.length)).toBeUndefined();
});
