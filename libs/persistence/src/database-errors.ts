import { GatewayError } from '#contract';
import { databaseAway } from './breaker.js';

/** Prisma's codes for "no connection", "timed out", "closed", "pool exhausted". */
const UNREACHABLE = /^P(1\d\d\d|2024|2028)$/;

/** Postgres' own: connection exceptions, too many connections, shutting down, starting up. */
const SERVER_AWAY = /^(08...|53300|57P0[123])$/;

/** The driver's, which have no code. */
const CONNECTION_LOST =
  /timeout exceeded when trying to connect|Query read timeout|Connection terminated|connection error and is not queryable|Client was closed/i;

/** Causes may lead back to themselves. */
const DEEPEST_CAUSE = 5;

/** Does an error say that the database cannot be reached, as opposed to what it answered? */
export function isOutage(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > DEEPEST_CAUSE) return false;
  const { code, originalCode, name, message, cause } = error as Record<string, unknown>;
  for (const each of [code, originalCode]) {
    if (typeof each !== 'string') continue;
    if (UNREACHABLE.test(each) || SERVER_AWAY.test(each) || /^E[A-Z]+$/.test(each)) return true;
  }
  if (name === 'PrismaClientInitializationError') return true;
  if (typeof message === 'string' && CONNECTION_LOST.test(message)) return true;
  return isOutage(cause, depth + 1);
}

/** A failed query in the gateway's words: a conflict, nothing there, or a database that does not answer. */
export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (code === 'P2002')
    return new GatewayError('conflict', { message: 'There is one by that name already.', cause: error });
  if (code === 'P2003') return new GatewayError('conflict', { message: 'It is in use.', cause: error });
  if (code === 'P2025') return new GatewayError('not_found', { cause: error });
  if (isOutage(error) || name === 'DriverAdapterError') return databaseAway(error);
  return GatewayError.from(error);
}
