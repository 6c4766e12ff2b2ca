import type { ServerResponse } from 'node:http';
import { errorBody, errorForStatus, htmlPage } from './fault.js';
import type { Ledger, LedgerEntry } from './ledger.js';
import type { Outlet } from './outlet.js';
import type { Script } from './script.js';

export const JSON_TYPE = 'application/json';

/** Where an answer goes, and who is told of its progress. */
export interface Destination {
  response: ServerResponse;
  ledger: Ledger;
  entry: LedgerEntry | undefined;
  /** An error in the wire of the caller; undefined: OpenAI's. */
  printError?: PrintError;
}

/** The body of an error that has a status, or would have. */
export type PrintError = (status: number, message: string) => string;

/** Tells the ledger what was asked for. */
export function note(
  { entry, ledger }: Destination,
  { model, stream }: { model: string; stream: boolean },
): void {
  if (entry === undefined) return;
  entry.model = model;
  entry.stream = stream;
  ledger.touch(entry);
}

/** Answers at once with a whole body. */
export function reply(response: ServerResponse, status: number, body: string, type = JSON_TYPE): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** The error that a script asks for, if it does. */
export function answerScriptedError(
  { response, printError }: Destination,
  { html, status, okError }: Readonly<Script>,
): boolean {
  const print = (code: number): string =>
    printError?.(code, errorForStatus(code).message) ?? errorBody(errorForStatus(code));
  if (html) reply(response, status ?? 502, htmlPage(status ?? 502), 'text/html; charset=utf-8');
  else if (status !== undefined) reply(response, status, print(status));
  else if (okError) reply(response, 200, print(500));
  else return false;
  return true;
}

/** Breaks the connection as the script said, which is not the client's doing. */
export function cutOff({ entry }: Destination, outlet: Outlet): void {
  if (entry !== undefined && !outlet.isGone()) entry.cutAt = Date.now();
  outlet.cut();
}
