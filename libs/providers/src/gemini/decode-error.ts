import { GatewayError, isObject } from '#contract';
import { decodeError as decodeStatus } from '../openai-compatible/decode-error.js';

/** What an error would have been as a status, where it comes under status 200 without one. */
const STATUSES: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  ['INVALID_ARGUMENT', 400],
  ['FAILED_PRECONDITION', 400],
  ['UNAUTHENTICATED', 401],
  ['PERMISSION_DENIED', 403],
  ['NOT_FOUND', 404],
  ['RESOURCE_EXHAUSTED', 429],
  ['INTERNAL', 500],
  ['UNAVAILABLE', 503],
  ['DEADLINE_EXCEEDED', 504],
]);

const TOO_LONG = /input token count.*(?:exceeds|only supports up to)/is;

/** A key that is wrong answers as if the request were. */
const BAD_KEY = /^API_KEY_/;
const BAD_KEY_WORDS = /\bAPI key (?:not valid|expired|not found)/i;

/** An account whose country, or whose plan, Google does not serve; a file that is not ready is the request's. */
const OF_THE_ACCOUNT = /\b(?:location|country|region|billing)\b/i;

interface Fault {
  readonly status: unknown;
  readonly code: unknown;
  readonly message: string;
  readonly details: readonly Readonly<Record<string, unknown>>[];
}

/** Google's error answer as the client may see it (docs/errors.md). */
export function decodeError(status: number, body: Buffer, retryAfter?: number): GatewayError {
  const fault = readFault(body);
  const { message } = fault;
  const text = Buffer.from(JSON.stringify({ error: { message } }));
  const error = decodeStatus(
    meant(status, fault),
    message === '' ? body : text,
    retryAfter ?? delayOf(fault),
  );
  if (!error.upstream) return error;
  const isTooLong = status === 400 && TOO_LONG.test(message);
  return new GatewayError(isTooLong ? 'context_length_exceeded' : error.code, {
    upstream: {
      ...error.upstream,
      // Google's codes are its statuses.
      code: isTooLong ? 'context_length_exceeded' : status === 429 ? 'rate_limit_exceeded' : null,
      param: isTooLong ? 'messages' : null,
    },
    cause: error.cause,
    retryAfter: error.retryAfter,
  });
}

/** An error that came under status 200: a body, or an event of a stream. */
export function decodeEmbeddedError(body: Buffer): GatewayError {
  const { code, status } = readFault(body);
  const isStatus = typeof code === 'number' && code >= 400 && code <= 599;
  return decodeError(isStatus ? code : (STATUSES.get(status) ?? 500), body);
}

function meant(status: number, fault: Fault): number {
  if (status === 504) return 408;
  if (status !== 400) return status;
  if (isOfTheKey(fault)) return 401;
  return fault.status === 'FAILED_PRECONDITION' && OF_THE_ACCOUNT.test(fault.message) ? 403 : status;
}

function isOfTheKey({ details, message }: Fault): boolean {
  return BAD_KEY_WORDS.test(message) || details.some(({ reason }) => BAD_KEY.test(String(reason)));
}

/** `34.4s`, in whole seconds. */
function delayOf({ details }: Fault): number | undefined {
  const seconds = details.map(({ retryDelay }) => /^([\d.]+)s$/.exec(String(retryDelay))?.[1]).find(Boolean);
  return seconds === undefined ? undefined : Math.ceil(Number(seconds));
}

/** Where a stream was asked for, Google may answer with a list of one error. */
function readFault(body: Buffer): Fault {
  const error = errorIn(body);
  const { status, code, message, details } = error;
  return {
    status,
    code,
    message: typeof message === 'string' ? message : '',
    details: Array.isArray(details) ? details.filter(isObject) : [],
  };
}

function errorIn(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString());
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return isObject(first) && isObject(first.error) ? first.error : {};
  } catch {
    return {};
  }
}
