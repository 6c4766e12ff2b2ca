import { array, assert, constantFrom, integer, oneof, option, property, record, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundaryOf } from './boundary.js';
import { BrokenMultipart, MultipartScanner } from './multipart-scanner.js';
import type { FormPart } from './multipart-scanner.js';

const BOUNDARY = 'XY';

function scan(body: Buffer, sizes: readonly number[], boundary = BOUNDARY): FormPart[] {
  const parts: FormPart[] = [];
  const scanner = new MultipartScanner({ boundary, wants: () => true, onPart: (part) => parts.push(part) });
  let at = 0;
  for (let turn = 0; at < body.length; turn++) {
    const size = sizes[turn % sizes.length] ?? body.length;
    scanner.push(body.subarray(at, at + size));
    at += size;
  }
  scanner.end();
  return parts;
}

interface Given {
  readonly name: string;
  readonly filename: string | undefined;
  readonly value: Buffer;
  readonly extra: string;
}

function build(parts: readonly Given[], preamble: string, padding: string, epilogue: string): Buffer {
  const chunks: Buffer[] = [Buffer.from(preamble)];
  for (const [index, { name, filename, value, extra }] of parts.entries()) {
    const file = filename === undefined ? '' : `; filename="${filename}"`;
    const start = index === 0 && preamble === '' ? '' : '\r\n';
    chunks.push(
      Buffer.from(
        `${start}--${BOUNDARY}${padding}\r\n${extra}Content-Disposition: form-data; name="${name}"`,
      ),
      Buffer.from(`${file}\r\n\r\n`),
      value,
    );
  }
  chunks.push(Buffer.from(`\r\n--${BOUNDARY}--${epilogue}`));
  return Buffer.concat(chunks);
}

/** Values that look like boundaries in places. */
const VALUE = array(
  oneof(
    constantFrom('\r\n--XYZ', '\r\n--X', '\r\n', '--XY', '\r\n--XY ', '\r\n-', '\n--XY\r\n', '\r'),
    string(),
  ),
  { maxLength: 5 },
)
  .map((pieces) => pieces.join(''))
  // A real boundary would end the part.
  .filter(
    (text) =>
      !/\r\n--XY(?:--|[ \t]*\r\n)/.test(`\r\n${text}\r\n--XY--`.slice(0, -8)) &&
      !/\r\n--XY[ \t]*$/.test(text),
  )
  .map((text) => Buffer.from(text));
const PART = record({
  name: constantFrom('model', 'file', 'timestamp_granularities[]', 'näme', 'a b', '%22', ''),
  filename: option(constantFrom('a.mp3', 'ü %22.mp3', '日本.wav', ''), { nil: undefined }),
  value: VALUE,
  extra: constantFrom('', 'Content-Type: audio/mpeg\r\n', 'X-Custom: 1\r\n'),
});

describe('the parts of a form', () => {
  it('are the same however the body is split', () => {
    assert(
      property(
        array(PART, { minLength: 1, maxLength: 6 }),
        constantFrom('', 'a preamble', '--XYZ'),
        constantFrom('', ' ', '\t  '),
        constantFrom('', '\r\n', '\r\n--XY--\r\nmore'),
        array(integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
        (parts, preamble, padding, epilogue, sizes) => {
          const body = build(parts, preamble, padding, epilogue);
          const found = scan(body, sizes);
          expect(found.map(({ name, filename }) => [name, filename])).toEqual(
            parts.map(({ name, filename }) => [name, filename]),
          );
          expect(found.map(({ start, end }) => body.toString('latin1', start, end))).toEqual(
            parts.map(({ value }) => value.toString('latin1')),
          );
          for (const [index, { text, filename }] of found.entries()) {
            expect(text).toBe(filename === undefined ? parts[index]?.value.toString() : undefined);
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('have names in any spelling of their header', () => {
    const heads: [string, string, string | undefined][] = [
      ['content-disposition:form-data;name=model', 'model', undefined],
      ['CONTENT-DISPOSITION: FORM-DATA; NAME="model"', 'model', undefined],
      ['Content-Disposition: form-data; filename="x; name=y"; name="file"', 'file', 'x; name=y'],
      ['Content-Disposition: form-data; name="file"; filename="a\\"b.mp3"', 'file', 'a\\"b.mp3'],
      ['Content-Disposition: form-data; name="file"; filename*=UTF-8\'\'a', 'file', "UTF-8''a"],
      ['Content-Type: text/plain\r\nContent-Disposition: form-data; name="a"', 'a', undefined],
    ];
    for (const [head, name, filename] of heads) {
      const body = Buffer.from(`--XY\r\n${head}\r\n\r\nvalue\r\n--XY--\r\n`);
      expect(scan(body, [body.length])).toMatchObject([{ name, filename }]);
    }
  });

  it.each([
    ['without its end', '--XY\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue'],
    ['cut in a header', '--XY\r\nContent-Dispo'],
    ['without a boundary', 'hello'],
    ['empty', ''],
    ['of a part without a name', '--XY\r\nContent-Disposition: form-data\r\n\r\nvalue\r\n--XY--'],
    ['of a part without a header', '--XY\r\n\r\nvalue\r\n--XY--'],
    [
      'of a part that is an attachment',
      '--XY\r\nContent-Disposition: attachment; name="a"\r\n\r\nv\r\n--XY--',
    ],
    ['with too long a header', `--XY\r\nX: ${'x'.repeat(17_000)}`],
    [
      'with too many parts',
      `${'--XY\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'.repeat(1_001)}--XY--`,
    ],
    [
      'with too long a field',
      `--XY\r\nContent-Disposition: form-data; name="a"\r\n\r\n${'x'.repeat(300_000)}\r\n--XY--`,
    ],
  ])('are not those of a body %s', (_, text) => {
    const body = Buffer.from(text);
    expect(() => scan(body, [body.length])).toThrow(BrokenMultipart);
    expect(() => scan(body, [1_000])).toThrow(BrokenMultipart);
  });

  it('of none, where only the end comes', () => {
    expect(scan(Buffer.from('--XY--\r\n'), [3])).toEqual([]);
  });
});

describe('the boundary', () => {
  it.each([
    ['multipart/form-data; boundary=XY', 'XY'],
    ['multipart/form-data; boundary="a b"', 'a b'],
    ['multipart/form-data; charset=utf-8; Boundary=----WebKit0', '----WebKit0'],
    ['multipart/form-data;boundary=XY; charset=utf-8', 'XY'],
    ['multipart/form-data', undefined],
    ['multipart/form-data; boundary=', undefined],
    ['multipart/form-data; boundary="a "', undefined],
    [`multipart/form-data; boundary=${'x'.repeat(71)}`, undefined],
    ['multipart/form-data; boundary="a\u0001b"', undefined],
  ])('of %s', (contentType, boundary) => {
    expect(boundaryOf(contentType)).toBe(boundary);
  });
});
