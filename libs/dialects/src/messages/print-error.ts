import type { GatewayError } from '#contract';

const BY_STATUS: ReadonlyMap<number, string> = new Map([
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [500, 'api_error'],
  [503, 'overloaded_error'],
]);

/** Anthropic's error object. */
export function messagesErrorBody(error: GatewayError, requestId: string): object {
  const type = BY_STATUS.get(error.status) ?? 'invalid_request_error';
  // Anthropic's has no place for the parameter: its messages begin with it.
  const { param, message } = error;
  const said = param === null || message.includes(param) ? message : `${param}: ${message}`;
  return { type: 'error', error: { type, message: said }, request_id: requestId };
}

/** The event that tells of an error in the middle of a stream. */
export function messagesErrorEvent(error: GatewayError, requestId: string): string {
  return `event: error\ndata: ${JSON.stringify(messagesErrorBody(error, requestId))}\n\n`;
}
