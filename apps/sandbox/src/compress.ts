import * as zlib from 'node:zlib';
import type { Transform } from 'node:stream';
import type { Encoding } from './script.js';

/** `zstd` came to Node with 22.15 and 23.8. */
const { createZstdCompress } = zlib as { createZstdCompress?: () => zlib.Gzip };

const ENCODERS: Readonly<Record<Encoding, (() => zlib.Gzip | zlib.BrotliCompress) | undefined>> = {
  gzip: zlib.createGzip,
  deflate: zlib.createDeflate,
  br: zlib.createBrotliCompress,
  zstd: createZstdCompress,
};

/** A compressor that gives out all that it was given whenever it is flushed. */
export type Encoder = Transform & { flush(done: () => void): void };

export function encoderOf(encoding: Encoding): Encoder {
  const create = ENCODERS[encoding];
  if (create === undefined) throw new Error(`This version of Node has no ${encoding}.`);
  return create();
}
