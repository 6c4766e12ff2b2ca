import type { ServerResponse } from 'node:http';
import { ERROR_UNDER_200, errorBody, errorForStatus, htmlPage } from './fault.js';
import type { Ledger, LedgerEntry } from './ledger.js';
import type { Outlet } from './outlet.js';
import type { Script } from './script.js';

export const JSON_TYPE = 'application/json';

/** Where an answer goes, and who is told of its progress. */
export interface Destination {
  response: ServerResponse;
  ledger: Ledger;
  entry: LedgerEntry | undefined;
}

/** Answers at once with a whole body. */
export function reply(response: ServerResponse, status: number, body: string, type = JSON_TYPE): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** The error that a script asks for, if it does. */
export function answerScriptedError(
  response: ServerResponse,
  { html, status, okError }: Readonly<Script>,
): boolean {
  if (html) reply(response, status ?? 502, htmlPage(status ?? 502), 'text/html; charset=utf-8');
  else if (status !== undefined) reply(response, status, errorBody(errorForStatus(status)));
  else if (okError) reply(response, 200, ERROR_UNDER_200);
  else return false;
  return true;
}

/** Breaks the connection as the script said, which is not the client's doing. */
export function cutOff({ entry }: Destination, outlet: Outlet): void {
  if (entry !== undefined && !outlet.isGone()) entry.cutAt = Date.now();
  outlet.cut();
}
