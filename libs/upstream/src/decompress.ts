import zlib from 'node:zlib';
import type { Transform } from 'node:stream';

/** Who takes what comes out. */
export interface DecompressedReader {
  data(piece: Buffer): void;
  /** There is room for more to come in. */
  ready(): void;
  end(): void;
  error(cause: Error): void;
}

/** Undoes an upstream's compression, a piece at a time and no faster than it is read. */
export interface Decompressor {
  /** False: wait until the reader is told `ready`. */
  write(piece: Buffer): boolean;
  end(): void;
  pause(): void;
  resume(): void;
  destroy(): void;
}

/** What comes in between is handed on at once: a stream's last event may not wait for the next one. */
const FLUSH = { flush: zlib.constants.Z_SYNC_FLUSH, finishFlush: zlib.constants.Z_SYNC_FLUSH };

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => zlib.createGunzip(FLUSH),
  'x-gzip': () => zlib.createGunzip(FLUSH),
  deflate: () => zlib.createInflate(FLUSH),
  br: () => zlib.createBrotliDecompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH }),
  ...makeZstd(),
};

/** Node has it from 22.15 on; the types are those of the oldest Node that is supported. */
function makeZstd(): Readonly<Record<string, () => Transform>> {
  const { createZstdDecompress: make } = zlib as { createZstdDecompress?: () => Transform };
  return make ? { zstd: () => make() } : {};
}

/**
 * For a `content-encoding`; undefined where nothing is to be undone. @throws Error for one that Node cannot undo
 */
export function decompressorFor(encoding: string, reader: DecompressedReader): Decompressor | undefined {
  const name = encoding.trim().toLowerCase();
  if (name === '' || name === 'identity') return undefined;
  const make = DECODERS[name];
  if (!make) throw new Error(`content-encoding ${name}`);
  const decoder = make();
  decoder.on('data', (piece: Buffer) => reader.data(piece));
  decoder.on('drain', () => reader.ready());
  decoder.on('end', () => reader.end());
  decoder.on('error', (cause: Error) => reader.error(cause));
  return decoder;
}
