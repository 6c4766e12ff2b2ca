import type { Wire } from '../wire.js';
import { printEvents, printWhole } from './print-message.js';
import { readMessages } from './read-messages.js';

const TYPES: ReadonlyMap<number, string> = new Map([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [402, 'billing_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [529, 'overloaded_error'],
]);

const printError = (status: number, message: string): string => {
  const type = TYPES.get(status) ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  return JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_sandbox' });
};

/** Anthropic's Messages, version 2023-06-01. */
export const anthropic: Wire = {
  path: /^\/v1\/messages$/,
  read: readMessages,
  printWhole,
  printEvents,
  printError,
  errorEvent: (message) => ({ name: 'error', data: printError(500, message), phase: 'close' }),
};
