import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import type { FastifyReply, FastifyRequest, RequestPayload } from 'fastify';
import { GatewayError } from '#contract';
import { connectionOf } from './connections.js';

/** `zstd` came to Node with 22.15 and 23.8. */
const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform };

const DECODERS: Readonly<Record<string, (() => Transform) | undefined>> = {
  gzip: zlib.createGunzip,
  'x-gzip': zlib.createGunzip,
  deflate: zlib.createInflate,
  br: zlib.createBrotliDecompress,
  zstd: createZstdDecompress,
};

const NAMES = createZstdDecompress ? 'gzip, deflate, br and zstd' : 'gzip, deflate and br';

/**
 * A compressed body as it was before (RFC 9110, 8.4). Its size is counted decoded, and no more of it is decoded than
 * somebody reads.
 *
 * @throws GatewayError for an encoding that is not known
 */
export function decodeBody(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: RequestPayload,
): RequestPayload {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase();
  if (encoding === undefined || encoding === '' || encoding === 'identity') return payload;
  const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding]?.() : undefined;
  if (!decoder) {
    const message = `The content-encoding of the body is not supported; ${NAMES} are.`;
    throw new GatewayError('unsupported_media_type', { message });
  }
  const decoded = payload.pipe(decoder) as Transform & RequestPayload;
  let length = 0;
  payload.on('data', (chunk: Buffer) => (length += chunk.length));
  payload.on('error', (error) => decoder.destroy(error));
  // Also when nobody listens any more, a broken body is no reason to end the process.
  decoder.on('error', () => undefined);
  // What Fastify compares with content-length.
  Object.defineProperty(decoded, 'receivedEncodedLength', { get: () => length });
  const connection = connectionOf(request.raw.socket);
  connection.decoder = decoder;
  reply.raw.once('close', () => {
    decoder.destroy();
    if (connection.decoder === decoder) connection.decoder = undefined;
  });
  return decoded;
}

/** What zlib says of a body that is not what its header says. */
export function isBrokenEncoding(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^(?:Z_|ERR__ERROR|ERR_BROTLI|ZSTD_)/.test(code);
}
