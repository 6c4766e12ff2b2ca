import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { boundaryOf, MultipartDigest } from './multipart.js';

const FILE = Buffer.from('\r\n--X\r\n--XYZ\r\nnot a boundary\r\n--\r\n\0\xff', 'latin1');
const BODY = Buffer.concat([
  Buffer.from(
    'preamble\r\n--XY\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n' +
      '--XY\r\ncontent-disposition: form-data; name="empty"\r\n\r\n\r\n' +
      '--XY\r\nContent-Disposition: form-data; name="file"; filename="a %22b%22.mp3"\r\nContent-Type: audio/mpeg\r\n\r\n',
  ),
  FILE,
  Buffer.from('\r\n--XY--\r\nepilogue'),
]);

describe('a multipart body', () => {
  it('is digested, however it is split', () => {
    for (const size of [1, 2, 3, 7, 64, BODY.length]) {
      const form = new MultipartDigest('XY');
      for (let at = 0; at < BODY.length; at += size) form.push(BODY.subarray(at, at + size));
      expect(form.isComplete).toBe(true);
      expect(form.parts.map(({ name, value, length }) => [name, value, length])).toEqual([
        ['model', 'whisper-1', 9],
        ['empty', '', 0],
        ['file', undefined, FILE.length],
      ]);
      expect(form.parts[2]).toMatchObject({
        filename: 'a %22b%22.mp3',
        contentType: 'audio/mpeg',
        sha256: createHash('sha256').update(FILE).digest('hex'),
      });
    }
  });

  it('is not complete before its closing boundary', () => {
    const form = new MultipartDigest('XY');
    form.push(BODY.subarray(0, BODY.indexOf('--XY--')));
    expect(form.isComplete).toBe(false);
  });

  it('is known by its content type', () => {
    expect(boundaryOf('multipart/form-data; boundary=XY')).toBe('XY');
    expect(boundaryOf('multipart/form-data; charset=utf-8; boundary="a b"')).toBe('a b');
    expect(boundaryOf('application/json')).toBeUndefined();
    expect(boundaryOf(undefined)).toBeUndefined();
  });
});
