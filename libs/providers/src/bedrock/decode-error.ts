import { GatewayError, isObject } from '#contract';
import { decodeError as decodeStatus } from '../openai-compatible/decode-error.js';

/** What an exception would have been as a status, where it comes as an event of a stream. */
const STATUSES: ReadonlyMap<string, number> = new Map([
  ['validationexception', 400],
  ['servicequotaexceededexception', 400],
  ['accessdeniedexception', 403],
  ['resourcenotfoundexception', 404],
  ['modeltimeoutexception', 408],
  ['modelerrorexception', 424],
  ['modelstreamerrorexception', 424],
  ['throttlingexception', 429],
  ['modelnotreadyexception', 429],
  ['internalserverexception', 500],
  ['serviceunavailableexception', 503],
]);

/** What of the request is not the client's doing, or means another status than it has; the first that fits. */
const MEANT: readonly (readonly [status: number, words: RegExp, meant: number])[] = [
  // Which model is asked, and how, is the operator's to say.
  [400, /model identifier is invalid|on-demand throughput/i, 403],
  [400, /service quota/i, 429],
  [429, /not ready/i, 503],
  // The model failed, not what stands in front of it.
  [424, /./s, 500],
  [424, /^$/, 500],
];

const TOO_LONG =
  /input is too long|prompt is too long|too many (?:input )?tokens|exceeds? (?:the )?(?:model.?s )?(?:maximum )?context|context (?:limit|length|window)|maximum (?:input|context) length/i;

/** AWS takes a signature for five minutes. */
const BAD_CLOCK = /signature (?:expired|not yet current)/i;

/** Bedrock's error answer as the client may see it (docs/errors.md). */
export function decodeError(status: number, body: Buffer, retryAfter?: number): GatewayError {
  const message = messageIn(body);
  const isTooLong = status === 400 && TOO_LONG.test(message);
  const meant = MEANT.find(([given, words]) => given === status && words.test(message))?.[2] ?? status;
  if ((status === 400 || status === 403) && BAD_CLOCK.test(message)) return ofTheClock(status, message);
  const text = Buffer.from(JSON.stringify({ error: { message } }));
  const error = decodeStatus(meant, message === '' ? body : text, retryAfter);
  if (!error.upstream) return error;
  return new GatewayError(isTooLong ? 'context_length_exceeded' : error.code, {
    upstream: {
      ...error.upstream,
      code: isTooLong ? 'context_length_exceeded' : meant === 429 ? 'rate_limit_exceeded' : null,
      param: isTooLong ? 'messages' : null,
    },
    cause: error.cause,
    retryAfter: error.retryAfter,
  });
}

/** Is it the name of an exception, or of an error that Bedrock has no model of? */
export function isException(event: string | undefined): event is string {
  return event !== undefined && /(?:exception|error|fault)$/i.test(event);
}

/** An exception that came under status 200: an event of a stream. */
export function decodeException(event: string, data: Buffer): GatewayError {
  return decodeError(STATUSES.get(event.toLowerCase()) ?? 500, data);
}

function ofTheClock(upstreamStatus: number, cause: string): GatewayError {
  return new GatewayError('upstream_rejected', {
    message: 'The gateway is not set up to reach this model: its clock differs from that of AWS.',
    cause: new Error(cause),
    upstreamStatus,
  });
}

/** Bedrock says `message`, what stands in front of it `Message`. */
function messageIn(body: Buffer): string {
  try {
    const value: unknown = JSON.parse(body.toString());
    const given = isObject(value) ? (value.message ?? value.Message) : undefined;
    return typeof given === 'string' ? given : '';
  } catch {
    return '';
  }
}
