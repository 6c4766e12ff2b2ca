import { GatewayError } from '#contract';
import { decodeError as decodeStatus } from '../openai-compatible/decode-error.js';

/** What an error would have been as a status, where it comes under status 200. */
const STATUSES: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  ['invalid_request_error', 400],
  ['authentication_error', 401],
  ['billing_error', 402],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['timeout_error', 408],
  ['request_too_large', 413],
  ['rate_limit_error', 429],
  ['api_error', 500],
  ['overloaded_error', 529],
]);

/** Anthropic's gateway gave up waiting for its model. */
const GATEWAY_TIMEOUT = 504;

/** Anthropic has no codes. */
const CODES: ReadonlyMap<number, string> = new Map([
  [413, 'request_too_large'],
  [429, 'rate_limit_exceeded'],
]);

const TOO_LONG = /prompt is too long|exceeds? (?:the )?context (?:limit|window)/i;

/** An account without money answers as if the request were wrong. */
const OVERDRAWN = /credit balance is too low/i;

/** Anthropic's error answer as the client may see it (docs/errors.md). */
export function decodeError(status: number, body: Buffer, retryAfter?: number): GatewayError {
  const { message } = readFault(body);
  const error = decodeStatus(meant(status, message), body, retryAfter);
  if (!error.upstream) return error;
  const isTooLong = status === 400 && TOO_LONG.test(message);
  const own = isTooLong
    ? { code: 'context_length_exceeded', param: 'messages' }
    : { code: CODES.get(status) ?? null };
  return new GatewayError(error.code, {
    upstream: { ...error.upstream, ...own },
    cause: error.cause,
    retryAfter: error.retryAfter,
  });
}

/** An error that came under status 200: a body, or an event of a stream. */
export function decodeEmbeddedError(body: Buffer): GatewayError {
  return decodeError(STATUSES.get(readFault(body).type) ?? 500, body);
}

function meant(status: number, message: string): number {
  if (status === GATEWAY_TIMEOUT) return 408;
  return status === 400 && OVERDRAWN.test(message) ? 402 : status;
}

function readFault(body: Buffer): { type: unknown; message: string } {
  try {
    const { error } = JSON.parse(body.toString()) as { error?: { type?: unknown; message?: unknown } | null };
    return { type: error?.type, message: typeof error?.message === 'string' ? error.message : '' };
  } catch {
    return { type: undefined, message: '' };
  }
}
