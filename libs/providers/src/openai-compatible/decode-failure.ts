import type { GatewayError } from '#contract';
import { decodeError } from './decode-error.js';

/** Codes of a response that failed, by whose fault it is; all others are the request's own. */
const STATUSES: Readonly<Record<string, number>> = {
  rate_limit_exceeded: 429,
  server_error: 500,
  vector_store_timeout: 500,
};

/** The `error` of a response that failed under status 200, as JSON text: it names a code, and no status. */
export function decodeFailure(json: string): GatewayError {
  const error = parse(json);
  const { code } = error;
  const status = typeof code === 'string' ? (STATUSES[code] ?? 400) : 500;
  return decodeError(status, Buffer.from(JSON.stringify({ error })));
}

function parse(json: string): { readonly code?: unknown } {
  try {
    return (JSON.parse(json) ?? {}) as { code?: unknown };
  } catch {
    return {};
  }
}
