import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SseEvent } from '#contract';
import { awsCodec, awsFrame, textHeaders } from '../../../test/support/aws-frames.js';
import { AwsEventParser } from './aws-event-parser.js';

/** What comes of the packets, as text. */
function parse(packets: readonly Buffer[]): [string | undefined, string][] {
  const parser = new AwsEventParser();
  const events: [string | undefined, string][] = [];
  const sink = { event: ({ event, data }: SseEvent) => void events.push([event, data.toString()]) };
  for (const packet of packets) parser.feed(packet, sink);
  parser.end();
  return events;
}

function cut(bytes: Buffer, size: number): Buffer[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}

const HELLO = awsFrame('contentBlockDelta', '{"delta":{"text":"Hällo"}}');
const STOP = awsFrame('messageStop', '{}');

describe('a message of AWS’s event stream', () => {
  it('is read at every split', () => {
    const bytes = Buffer.concat([HELLO, STOP]);
    const expected = parse([bytes]);
    expect(expected).toEqual([
      ['contentBlockDelta', '{"delta":{"text":"Hällo"}}'],
      ['messageStop', '{}'],
    ]);
    for (let at = 1; at < bytes.length; at++) {
      expect(parse([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
    }
    for (const size of [1, 7, 64]) expect(parse(cut(bytes, size))).toEqual(expected);
  });

  it.each<[string, Record<string, string>, string, [string | undefined, string]]>([
    [
      'an exception, by its type',
      { ':message-type': 'exception', ':exception-type': 'throttlingException' },
      '{"message":"Slow"}',
      ['throttlingException', '{"message":"Slow"}'],
    ],
    ['an exception of no type', { ':message-type': 'exception' }, '', ['exception', '']],
    [
      'an error, whose words are headers',
      { ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'Oh' },
      '',
      ['error', '{"code":"InternalError","message":"Oh"}'],
    ],
    ['a message without a name', {}, 'x', [undefined, 'x']],
  ])('is %s', (_, texts, body, expected) => {
    const frame = awsCodec.encode({ headers: textHeaders(texts), body: Buffer.from(body) });
    expect(parse([Buffer.from(frame)])).toEqual([expected]);
  });

  it('is none with any byte wrong', () => {
    for (let at = 0; at < HELLO.length; at++) {
      const broken = Buffer.from(HELLO);
      broken[at] = (broken[at] ?? 0) ^ 1;
      expect(() => parse([broken, STOP])).toThrow();
    }
  });

  it('is none where the stream is cut inside of it', () => {
    for (let at = 1; at < HELLO.length; at++) {
      expect(() => parse([STOP, HELLO.subarray(0, at)])).toThrow('cut inside of an event');
    }
  });

  it('is none when it is larger than AWS sends any', () => {
    // A prelude that is true to its checksum.
    const long = Buffer.from('02000000000000001af2d3f5', 'hex');
    long.writeUInt32BE(checksum(long.subarray(0, 8)), 8);
    expect(() => parse([long])).toThrow('too large');
  });

  it('is none when its headers are longer than it is', () => {
    const prelude = Buffer.from('000000100000000100000000', 'hex');
    prelude.writeUInt32BE(checksum(prelude.subarray(0, 8)), 8);
    expect(() => parse([prelude])).toThrow('shorter than its headers');
  });
});

/** CRC-32, bit by bit. */
function checksum(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const header = fc.oneof(
  fc.record({ type: fc.constant('boolean' as const), value: fc.boolean() }),
  fc.record({ type: fc.constant('byte' as const), value: fc.integer({ min: -128, max: 127 }) }),
  fc.record({ type: fc.constant('short' as const), value: fc.integer({ min: -32768, max: 32767 }) }),
  fc.record({ type: fc.constant('integer' as const), value: fc.integer() }),
  fc.record({ type: fc.constant('binary' as const), value: fc.uint8Array({ maxLength: 20 }) }),
  fc.record({ type: fc.constant('string' as const), value: fc.string({ maxLength: 20 }) }),
  fc.record({ type: fc.constant('timestamp' as const), value: fc.date({ noInvalidDate: true }) }),
  fc.record({ type: fc.constant('uuid' as const), value: fc.uuid() }),
);
const message = fc.record({
  name: fc.string({ maxLength: 20 }),
  others: fc.dictionary(fc.stringMatching(/^\w{1,12}$/), header, { maxKeys: 4 }),
  body: fc.uint8Array({ maxLength: 300 }),
});

it('what AWS’s own codec writes is read, in packets of any size', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), fc.integer({ min: 1, max: 200 }), (messages, size) => {
      const frames = messages.map(({ name, others, body }) => {
        const headers = { ...others, ...textHeaders({ ':event-type': name, ':message-type': 'event' }) };
        return Buffer.from(awsCodec.encode({ headers, body }));
      });
      const expected = messages.map(({ name, body }) => [name, Buffer.from(body).toString()]);
      expect(parse(cut(Buffer.concat(frames), size))).toEqual(expected);
    }),
  );
});
