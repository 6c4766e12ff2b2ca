import { GatewayError } from '#contract';

/** Prisma's codes for "no connection", "timed out", "closed", "pool exhausted". */
const UNREACHABLE = /^P(1\d\d\d|2024|2028)$/;

/** A failed query in the gateway's words: a conflict, nothing there, or a database that does not answer. */
export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (code === 'P2002')
    return new GatewayError('conflict', { message: 'There is one by that name already.', cause: error });
  if (code === 'P2003') return new GatewayError('conflict', { message: 'It is in use.', cause: error });
  if (code === 'P2025') return new GatewayError('not_found', { cause: error });
  const unreachable =
    (typeof code === 'string' && (UNREACHABLE.test(code) || code.startsWith('E'))) ||
    name === 'PrismaClientInitializationError' ||
    name === 'DriverAdapterError';
  if (unreachable) {
    const message = 'The database does not answer.';
    return new GatewayError('service_unavailable', { message, retryAfter: 1, cause: error });
  }
  return GatewayError.from(error);
}
