import type { FastifyRequest } from 'fastify';

/** The body as it comes, no faster than it is taken. Whoever stops early leaves the socket to be answered. */
export function readable({ raw }: FastifyRequest): AsyncIterable<Buffer> {
  return raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
}
