/** The error `type`s of the specification. */
export type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'rate_limit_error'
  | 'server_error'
  | 'service_unavailable_error';

/**
 * Who may do better? `same`: any target, the same one included, a moment later; `next`: another target; `fallback`:
 * another upstream model; `never`: nobody.
 */
export type Retry = 'never' | 'same' | 'next' | 'fallback';

interface ErrorFacts {
  readonly status: number;
  readonly type: ErrorType;
  readonly retry: Retry;
  readonly message: string;
}

/**
 * Every way to fail. Codes never change meaning and are never reused; nobody else writes a status number.
 * Types are the specification's, codes are OpenAI's where OpenAI has one.
 */
export const ERRORS = {
  bad_request: fact(400, 'invalid_request_error', 'never', 'The request is invalid.'),
  invalid_json: fact(400, 'invalid_request_error', 'never', 'The body of the request is not valid JSON.'),
  json_too_deep: fact(400, 'invalid_request_error', 'never', 'The body of the request is nested too deeply.'),
  invalid_multipart: fact(
    400,
    'invalid_request_error',
    'never',
    'The body is not valid multipart/form-data.',
  ),
  duplicate_parameter: fact(400, 'invalid_request_error', 'never', 'A parameter is given twice.'),
  missing_required_parameter: fact(400, 'invalid_request_error', 'never', 'A required parameter is missing.'),
  invalid_type: fact(400, 'invalid_request_error', 'never', 'A parameter has the wrong type.'),
  invalid_value: fact(400, 'invalid_request_error', 'never', 'A parameter has an invalid value.'),
  unknown_parameter: fact(400, 'invalid_request_error', 'never', 'Unknown parameter.'),
  unsupported_parameter: fact(400, 'invalid_request_error', 'next', 'This parameter is not supported.'),
  unsupported_operation: fact(
    400,
    'invalid_request_error',
    'next',
    'The model does not support this operation.',
  ),
  previous_response_not_found: fact(
    400,
    'invalid_request_error',
    'never',
    'The previous response does not exist.',
  ),
  invalid_api_key: fact(401, 'authentication_error', 'never', 'The API key is missing or not valid.'),
  model_not_allowed: fact(403, 'permission_error', 'never', 'This API key may not call the model.'),
  model_unpriced: fact(
    403,
    'permission_error',
    'never',
    'A strict budget refuses a call when nobody knows what it may cost.',
  ),
  ip_not_allowed: fact(403, 'permission_error', 'never', 'This API key may not be used from this address.'),
  insufficient_permissions: fact(403, 'permission_error', 'never', 'This API key may not do that.'),
  model_not_found: fact(404, 'invalid_request_error', 'never', 'The model does not exist.'),
  not_found: fact(404, 'invalid_request_error', 'never', 'There is no such object.'),
  unknown_url: fact(404, 'invalid_request_error', 'never', 'Invalid URL.'),
  method_not_supported: fact(405, 'invalid_request_error', 'never', 'This URL does not take that method.'),
  request_timeout: fact(408, 'invalid_request_error', 'never', 'The request was not received in time.'),
  conflict: fact(409, 'invalid_request_error', 'never', 'The object conflicts with another.'),
  declared_in_file: fact(
    409,
    'invalid_request_error',
    'never',
    'The object is declared in the configuration file, and can only be changed there.',
  ),
  request_too_large: fact(413, 'invalid_request_error', 'never', 'The body of the request is too large.'),
  unsupported_media_type: fact(415, 'invalid_request_error', 'never', 'Send the body as application/json.'),
  headers_too_large: fact(431, 'invalid_request_error', 'never', 'The headers of the request are too large.'),
  rate_limit_exceeded: fact(429, 'rate_limit_error', 'next', 'Rate limit reached.'),
  insufficient_quota: fact(429, 'rate_limit_error', 'never', 'The budget is spent.'),
  client_closed_request: fact(499, 'invalid_request_error', 'never', 'The client went away.'),
  upstream_refused: fact(400, 'invalid_request_error', 'never', 'The provider refused the request.'),
  context_length_exceeded: fact(
    400,
    'invalid_request_error',
    'fallback',
    'The request is longer than the context of the model.',
  ),
  upstream_rejected: fact(
    503,
    'service_unavailable_error',
    'next',
    'The gateway is not set up to reach this model.',
  ),
  upstream_unavailable: fact(503, 'service_unavailable_error', 'same', 'The provider is not available.'),
  upstream_timeout: fact(503, 'service_unavailable_error', 'next', 'The provider did not answer in time.'),
  service_unavailable: fact(503, 'service_unavailable_error', 'never', 'The service is not available now.'),
  deadline_exceeded: fact(
    503,
    'service_unavailable_error',
    'never',
    'The answer was not there in the time that the call gave it.',
  ),
  provider_busy: fact(503, 'service_unavailable_error', 'next', 'The provider has as many calls as it may.'),
  overloaded: fact(503, 'service_unavailable_error', 'never', 'The gateway has too much to do. Try again.'),
  server_error: fact(500, 'server_error', 'never', 'The server had an error while processing the request.'),
} as const satisfies Record<string, ErrorFacts>;

export type ErrorCode = keyof typeof ERRORS;

/** What an upstream said of an error, as far as a client may see it. */
export interface UpstreamFault {
  readonly status: number;
  readonly code: string | null;
  readonly message: string;
  readonly param: string | null;
}

export interface ErrorDetails {
  readonly message?: string;
  readonly param?: string | null;
  readonly cause?: unknown;
  /** Printed instead of our own status, code and message. */
  readonly upstream?: UpstreamFault | undefined;
  /** The status that the upstream answered with, where nothing of what it said is for clients. */
  readonly upstreamStatus?: number | undefined;
  /** Seconds until it is worth asking again. */
  readonly retryAfter?: number | undefined;
  /** What else the answer's head tells. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** OpenAI's error object: all four members are required, two may be null. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: ErrorType;
    readonly param: string | null;
    readonly code: string | null;
  };
}

/** The one error that the gateway throws; everything a client is told of a failure is in it. */
export class GatewayError extends Error {
  readonly status: number;
  readonly type: ErrorType;
  readonly retry: Retry;
  readonly param: string | null;
  readonly upstream: UpstreamFault | undefined;
  /** Undefined: the upstream did not answer, or nobody asked it. */
  readonly upstreamStatus: number | undefined;
  readonly retryAfter: number | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(
    readonly code: ErrorCode,
    details: ErrorDetails = {},
  ) {
    const facts = ERRORS[code];
    // Told to a client, and often: where it was made is worth nothing to it, and a trace is most of what an error costs.
    const { stackTraceLimit } = Error;
    if (code !== 'server_error') Error.stackTraceLimit = 0;
    super(details.message ?? details.upstream?.message ?? facts.message, { cause: details.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'GatewayError';
    this.status = details.upstream?.status ?? facts.status;
    this.type = facts.type;
    this.retry = facts.retry;
    this.param = details.param ?? details.upstream?.param ?? null;
    this.upstream = details.upstream;
    this.upstreamStatus = details.upstreamStatus ?? details.upstream?.status;
    this.retryAfter = details.retryAfter;
    this.headers = details.headers;
  }

  /** The same error, that is worth asking again after so many seconds. */
  withRetryAfter(retryAfter: number | undefined): GatewayError {
    if (retryAfter === this.retryAfter) return this;
    return this.with({ retryAfter });
  }

  /** The same error, whose answer has these headers too. */
  withHeaders(headers: Readonly<Record<string, string>>): GatewayError {
    return this.with({ headers: { ...this.headers, ...headers } });
  }

  /** The body that a client sees. */
  toBody(): ErrorBody {
    const code = this.upstream ? this.upstream.code : this.code;
    return { error: { message: this.message, type: this.type, param: this.param, code } };
  }

  /** Headers that tell an SDK when, and whether, to try again (`retry-after-ms`, `retry-after`, `x-should-retry`). */
  toHeaders(): Record<string, string> {
    const headers: Record<string, string> = { ...this.headers };
    if (this.retryAfter !== undefined) {
      headers['retry-after'] = String(Math.ceil(this.retryAfter));
      headers['retry-after-ms'] = String(Math.ceil(this.retryAfter * 1000));
    }
    const isSpent = this.code === 'insufficient_quota' || this.upstream?.code === 'insufficient_quota';
    if (this.code === 'upstream_rejected' || this.code === 'deadline_exceeded' || isSpent) {
      headers['x-should-retry'] = 'false';
    }
    return headers;
  }

  private with(changed: ErrorDetails): GatewayError {
    const { message, param, cause, upstream, upstreamStatus, retryAfter, headers } = this;
    const details = { message, param, cause, upstream, upstreamStatus, retryAfter, headers };
    return new GatewayError(this.code, { ...details, ...changed });
  }

  /** Any thrown thing as a GatewayError; what nobody foresaw is a 500 that keeps its cause for the log. */
  static from(thrown: unknown): GatewayError {
    return thrown instanceof GatewayError ? thrown : new GatewayError('server_error', { cause: thrown });
  }
}

function fact<T extends ErrorType, R extends Retry>(status: number, type: T, retry: R, message: string) {
  return { status, type, retry, message } as const;
}
