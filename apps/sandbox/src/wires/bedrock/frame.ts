import { crc32 } from 'node:zlib';
import type { StreamEvent } from '../../answer-stream.js';

/** Of a header that is a text. */
const TEXT = 7;
const PRELUDE = 8;
const CHECKSUM = 4;

/** An event in AWS's binary event stream; a name that ends in `Exception` is one. */
export function frame({ name = '', data }: StreamEvent): Buffer {
  const isException = name.endsWith('Exception');
  const headers = Buffer.concat([
    header(isException ? ':exception-type' : ':event-type', name),
    header(':content-type', 'application/json'),
    header(':message-type', isException ? 'exception' : 'event'),
  ]);
  const payload = Buffer.from(data);
  const prelude = Buffer.alloc(PRELUDE);
  prelude.writeUInt32BE(PRELUDE + CHECKSUM + headers.length + payload.length + CHECKSUM, 0);
  prelude.writeUInt32BE(headers.length, 4);
  const message = Buffer.concat([prelude, checksum(prelude), headers, payload]);
  return Buffer.concat([message, checksum(message)]);
}

function header(name: string, value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(value));
  return Buffer.concat([
    Buffer.from([Buffer.byteLength(name)]),
    Buffer.from(name),
    Buffer.from([TEXT]),
    length,
    Buffer.from(value),
  ]);
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(CHECKSUM);
  sum.writeUInt32BE(crc32(bytes));
  return sum;
}
