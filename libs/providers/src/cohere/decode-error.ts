import { GatewayError } from '#contract';
import { decodeError as decodeStatus } from '../openai-compatible/decode-error.js';

/** What Cohere's statuses mean beside those that everybody has. */
const MEANT: ReadonlyMap<number, number> = new Map([
  // The call is without fault, and was stopped on Cohere's side.
  [499, 503],
  // What was asked, or answered, is blocked: that is the client's own, and final.
  [498, 400],
  [504, 408],
]);

const BLOCKED = 498;

const TOO_LONG = /too many tokens:(?!.*max[_ ]tokens)|exceeds? (?:the )?(?:maximum )?context/is;

/** A trial key is good for so many calls a minute, which pass, and so many a month, which do not. */
const SPENT = /\b(?:calls|requests|limit)\b.*\bmonth\b|\bper[- ]month\b|\bmonthly\b/i;

/** Cohere's error answer, `{"message": "…"}`, as the client may see it (docs/errors.md). */
export function decodeError(status: number, body: Buffer, retryAfter?: number): GatewayError {
  const error = decodeStatus(MEANT.get(status) ?? status, body, retryAfter);
  if (!error.upstream) return error;
  const { message } = error.upstream;
  const isTooLong = (status === 400 || status === 422) && TOO_LONG.test(message);
  return new GatewayError(isTooLong ? 'context_length_exceeded' : error.code, {
    // Cohere has no codes.
    upstream: { ...error.upstream, code: isTooLong ? 'context_length_exceeded' : codeOf(status, message) },
    param: isTooLong ? 'messages' : null,
    cause: error.cause,
    retryAfter: error.retryAfter,
  });
}

/** An error that came under status 200, as an event of a stream. */
export function decodeEmbeddedError(body: Buffer): GatewayError {
  return decodeError(500, body);
}

function codeOf(status: number, message: string): string | null {
  if (status === BLOCKED) return 'content_filter';
  if (status !== 429) return null;
  return SPENT.test(message) ? 'insufficient_quota' : 'rate_limit_exceeded';
}
