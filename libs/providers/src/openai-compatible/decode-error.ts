import { GatewayError } from '#contract';
import type { UpstreamFault } from '#contract';

/** Statuses that are the client's own doing: they keep status, code and message, and are final. */
const CLIENT_FAULTS = new Set([400, 409, 413, 415, 422]);

/** No upstream writes a longer message that a person would read. */
const MESSAGE_LIMIT = 2_000;

/** A request that is longer than the model's context, in the codes and types of OpenAI, llama.cpp and their like. */
const CONTEXT_CODES = new Set([
  'context_length_exceeded',
  'exceed_context_size_error',
  'model_context_window_exceeded',
]);

/** The same in the words of those that have no code for it: vLLM, DeepSeek, xAI, Together, Fireworks, Ollama. */
const CONTEXT_WORDS =
  /(maximum|max|exceeds? the( available)?|model'?s) (context|prompt)( window)?[ _](length|size)|\bprompt is too long\b|\binput is too long\b|context window (is )?exceeded/i;

/** An upstream's error answer as the client may see it (docs/errors.md). */
export function decodeError(status: number, body: Buffer, retryAfter?: number): GatewayError {
  return toGatewayError(status, parse(body), retryAfter);
}

/** An error that came under status 200: a body, or an event of a stream. */
export function decodeEmbeddedError(body: Buffer): GatewayError {
  const value = parse(body);
  return toGatewayError(embeddedStatus(value), value);
}

function toGatewayError(status: number, value: unknown, retryAfter?: number): GatewayError {
  if (CLIENT_FAULTS.has(status)) {
    const upstream = readFault(status, value);
    const code = isTooLong(value, upstream) ? 'context_length_exceeded' : 'upstream_refused';
    return new GatewayError(code, { upstream });
  }
  if (status === 429) {
    const upstream = readFault(status, value);
    return new GatewayError('rate_limit_exceeded', { upstream, retryAfter });
  }
  const details = { upstreamStatus: status };
  if (status === 408) return new GatewayError('upstream_timeout', details);
  if (status < 500) return new GatewayError('upstream_rejected', details);
  return new GatewayError('upstream_unavailable', { ...details, retryAfter });
}

/** Another model may have room for what this one has not. */
function isTooLong(value: unknown, { code, message }: UpstreamFault): boolean {
  const outer = isObject(value) ? value : {};
  const error = isObject(outer.error) ? outer.error : outer;
  return (
    [code, error.type].some((word) => isText(word) && CONTEXT_CODES.has(word)) || CONTEXT_WORDS.test(message)
  );
}

/** OpenAI's `{error: {…}}`, vLLM's older `{object: "error", message}`, `{error: "text"}`, FastAPI's `{detail}`. */
function readFault(status: number, value: unknown): UpstreamFault {
  const outer = isObject(value) ? value : {};
  const error = isObject(outer.error) ? outer.error : outer;
  const message = [error.message, outer.error, readDetail(outer.detail), outer.message].find(isText);
  return {
    status,
    message: message?.slice(0, MESSAGE_LIMIT) ?? `The provider answered with status ${status}.`,
    code: isText(error.code) ? error.code : null,
    param: isText(error.param) ? error.param : null,
  };
}

/** FastAPI says a text, or a list of what is wrong with the fields. */
function readDetail(detail: unknown): unknown {
  const first: unknown = Array.isArray(detail) ? detail[0] : undefined;
  return isObject(first) ? first.msg : detail;
}

/** Some providers put the HTTP status into `code`; others tell by `type` or `code` what it would have been. */
function embeddedStatus(value: unknown): number {
  const outer = isObject(value) ? value : {};
  const error = isObject(outer.error) ? outer.error : outer;
  for (const candidate of [error.code, error.status]) {
    const status = Number(candidate);
    if (Number.isInteger(status) && status >= 400 && status <= 599) return status;
  }
  if (error.code === 'rate_limit_exceeded' || error.type === 'rate_limit_error') return 429;
  if (error.type === 'invalid_request_error') return 400;
  return 500;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0;
}
