import type { Wire } from '../wire.js';
import { printEvents, printWhole } from './print-content.js';
import { PATH, readContents } from './read-contents.js';

const STATUSES: ReadonlyMap<number, string> = new Map([
  [400, 'INVALID_ARGUMENT'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [429, 'RESOURCE_EXHAUSTED'],
  [500, 'INTERNAL'],
  [503, 'UNAVAILABLE'],
  [504, 'DEADLINE_EXCEEDED'],
]);

const printError = (code: number, message: string): string =>
  JSON.stringify({ error: { code, message, status: STATUSES.get(code) ?? 'UNKNOWN' } });

/** Google's Gemini API, version v1beta. */
export const gemini: Wire = {
  path: PATH,
  read: readContents,
  printWhole,
  printEvents,
  printError,
  errorEvent: (message) => ({ data: printError(500, message), phase: 'close' }),
};
