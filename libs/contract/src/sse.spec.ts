import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SseParser } from './sse.js';

interface Seen {
  data: string;
  event: string | undefined;
}

/** What a parser makes of these packets. */
function parse(packets: readonly (string | Buffer)[]): Seen[] {
  const parser = new SseParser();
  const events = packets.flatMap((packet) => parser.push(Buffer.from(packet)));
  return [...events, ...parser.end()].map(({ data, event }) => ({ data: data.toString(), event }));
}

function dataOf(packets: readonly (string | Buffer)[]): string[] {
  return parse(packets).map(({ data }) => data);
}

describe('one packet', () => {
  it.each<[string, string, string[]]>([
    ['LF', 'data: a\n\ndata: b\n\n', ['a', 'b']],
    ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
    ['CR', 'data: a\r\rdata: b\r\r', ['a', 'b']],
    ['all of them', 'data: a\r\n\ndata: b\n\rdata: c\r\r\ndata: d\n\r\n', ['a', 'b', 'c', 'd']],
    ['CR, then an empty LF line', 'data: a\r\n\rdata: b\r\r', ['a', 'b']],
    ['no space behind the colon', 'data:a\n\n', ['a']],
    ['only one space is dropped', 'data:  a \n\n', [' a ']],
    ['several data lines', 'data: a\ndata:\ndata:  b\n\n', ['a\n\n b']],
    ['data with colons', 'data: {"a":"b: c"}\n\n', ['{"a":"b: c"}']],
    ['an empty value', 'data:\n\n', ['']],
    ['a field without a colon', 'data\n\n', ['']],
    ['comments', ': hi\n\n:\ndata: a\n: in between\ndata: b\n:data: c\n\n: bye\n', ['a\nb']],
    ['other fields', 'id: 7\nretry: 10\ndata: a\nnonsense\ndatum: x\ndata : y\n data: z\n\n', ['a']],
    ['blank lines only', '\n\n\r\n\r\r', []],
    ['blank lines between', '\n\ndata: a\n\n\n\ndata: b\n\n', ['a', 'b']],
    ['a single line end parts nothing', 'data: a\ndata: b\n\n', ['a\nb']],
    ['a byte-order mark', '\ufeffdata: a\n\n', ['a']],
    ['only the first byte-order mark', '\ufeffdata: \ufeffa\n\n', ['\ufeffa']],
    ['no blank line at the end', 'data: a\n\ndata: b\n', ['a', 'b']],
    ['no line end at the end', 'data: a\n\ndata: [DONE]', ['a', '[DONE]']],
    ['CR at the end', 'data: a\r', ['a']],
    ['unicode', 'data: größe 模型 😀\n\n', ['größe 模型 😀']],
    ['unicode line ends are text', 'data: a\u2028b\u0085c\u000bd\n\n', ['a\u2028b\u0085c\u000bd']],
    ['nothing', '', []],
  ])('%s', (_, text, expected) => {
    expect(dataOf([text])).toEqual(expected);
    expect(dataOf([...Buffer.from(text)].map((byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it('tells the name of an event, which holds for that event alone', () => {
    expect(parse(['event: ping\ndata: a\n\ndata: b\nevent:error\n\nevent: lost\n\ndata: c\n\n'])).toEqual([
      { data: 'a', event: 'ping' },
      { data: 'b', event: 'error' },
      { data: 'c', event: undefined },
    ]);
  });

  it('takes the last of several names', () => {
    expect(parse(['event: a\nevent: b\ndata: x\n\n'])).toEqual([{ data: 'x', event: 'b' }]);
  });
});

describe('several packets', () => {
  it.each<[string, (string | Buffer)[], string[]]>([
    ['a CR, then its LF', ['data: a\r', '\ndata: b\r', '\n\r', '\n'], ['a\nb']],
    ['a CR, then no LF', ['data: a\r', 'data: b\r', '\r'], ['a\nb']],
    ['a CR, an empty packet, then its LF', ['data: a\r', '', '\n\ndata: b\n\n'], ['a', 'b']],
    [
      'a split byte-order mark',
      [Buffer.from([0xef]), Buffer.from([0xbb]), Buffer.from([0xbf]), 'data: a\n\n'],
      ['a'],
    ],
    ['a split mark and no line end', [Buffer.from([0xef]), Buffer.from([0xbb, 0xbf]), 'data: a'], ['a']],
    ['no mark after all', [Buffer.from([0xef, 0xbb]), Buffer.from('x: y\ndata: a\n\n')], ['a']],
    ['a split field name', ['da', 'ta', ': a', '\n', '\n'], ['a']],
    [
      'a split character',
      [Buffer.from('data: ü\n\n').subarray(0, 7), Buffer.from('data: ü\n\n').subarray(7)],
      ['ü'],
    ],
  ])('%s', (_, packets, expected) => {
    expect(dataOf(packets)).toEqual(expected);
  });

  it('gives an event as soon as its blank line has begun', () => {
    const parser = new SseParser();
    expect(parser.push(Buffer.from('data: a\n'))).toEqual([]);
    expect(parser.push(Buffer.from('\n'))).toHaveLength(1);
    expect(parser.push(Buffer.from('data: b\r\n\r'))).toHaveLength(1);
  });

  it('joins a large event that comes in many packets', () => {
    const text = 'x'.repeat(1_000);
    const packets = Array.from({ length: 2_000 }, () => text);
    expect(dataOf(['data: ', ...packets, '\n\n'])).toEqual([text.repeat(2_000)]);
  });
});

describe('an event without an end', () => {
  const MIB = Buffer.alloc(1024 * 1024, 'x');

  it('is refused when its line fills the memory', () => {
    const parser = new SseParser();
    parser.push(Buffer.from('data: '));
    expect(() => {
      for (let count = 0; count < 65; count++) parser.push(MIB);
    }).toThrow(RangeError);
  });

  it('is refused when its lines fill the memory', () => {
    const parser = new SseParser();
    const line = Buffer.concat([Buffer.from('data:'), MIB, Buffer.from('\n')]);
    expect(() => {
      for (let count = 0; count < 65; count++) parser.push(line);
    }).toThrow(RangeError);
  });

  it('does not count what other events had', () => {
    const parser = new SseParser();
    const event = Buffer.concat([Buffer.from('data:'), MIB, Buffer.from('\n\n')]);
    for (let count = 0; count < 70; count++) expect(parser.push(event)).toHaveLength(1);
  });
});

describe('any stream', { timeout: 60_000 }, () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6 }).map((text) => `data: ${text}`),
    fc.constantFrom(
      'data',
      'data:',
      'event: error',
      ': comment',
      'id: 1',
      '',
      '',
      'data: {"a":"ü😀"}',
      '\ufeff',
    ),
  );
  const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
  const stream = fc
    .tuple(fc.constantFrom('', '\ufeff'), fc.array(fc.tuple(line, lineEnd), { maxLength: 12 }), line)
    .map(([mark, lines, last]) => Buffer.from(mark + lines.flat().join('') + last));

  it('gives the same events however it is split', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(120), { maxLength: 12 }), (bytes, cuts) => {
        const at = [0, ...cuts.filter((cut) => cut <= bytes.length).sort((a, b) => a - b), bytes.length];
        const packets = at.slice(1).map((cut, index) => bytes.subarray(at[index], cut));
        if (!isDeepStrictEqual(parse(packets), parse([bytes])))
          expect(parse(packets)).toEqual(parse([bytes]));
      }),
      { numRuns: 10_000 },
    );
  });

  it('gives what the lines say', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 8 }), lineEnd, (texts, end) => {
        const lines = texts.map((text) => text.replaceAll(/[\r\n]/g, ''));
        const body = lines.map((text) => `data: ${text}${end}${end}`).join('');
        expect(dataOf([body])).toEqual(lines);
      }),
      { numRuns: 1_000 },
    );
  });
});
