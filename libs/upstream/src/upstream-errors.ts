import { GatewayError } from '#contract';

const TIMEOUTS = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

/** A broken exchange in the gateway's words; the address that is in the cause is for the log only. */
export function asUpstreamError(error: Error): GatewayError {
  if (error instanceof GatewayError) return error;
  const { code } = error as NodeJS.ErrnoException;
  const isTimeout = code !== undefined && TIMEOUTS.has(code);
  return new GatewayError(isTimeout ? 'upstream_timeout' : 'upstream_unavailable', { cause: error });
}

/** Seconds from `retry-after-ms` or `retry-after` (seconds, or a date; RFC 9110, 10.2.3), seen at `now`. */
export function readRetryAfter(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  now: number,
): number | undefined {
  const milliseconds = first(headers['retry-after-ms']);
  if (isDecimal(milliseconds)) return Number(milliseconds) / 1000;
  const text = first(headers['retry-after']);
  if (text === undefined) return undefined;
  const seconds = isDecimal(text) ? Number(text) : (Date.parse(text) - now) / 1000;
  return seconds >= 0 ? seconds : undefined;
}

/** An empty header is no number; one with more digits than a century has milliseconds is a mistake. */
function isDecimal(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,12}(\.\d+)?$/.test(text);
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
