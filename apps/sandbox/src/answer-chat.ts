import type { ServerResponse } from 'node:http';
import { type Answer, composeAnswer, encodeAnswer, type Stamp } from './answer.js';
import { streamEvents } from './answer-stream.js';
import type { ChatRequest } from './chat-request.js';
import { ERROR_UNDER_200, errorBody, errorForStatus, htmlPage } from './fault.js';
import type { Ledger, LedgerEntry } from './ledger.js';
import { Outlet } from './outlet.js';
import { pourStream } from './pour-stream.js';
import { PLAIN, type Script } from './script.js';

const JSON_TYPE = 'application/json';
const SSE_HEADERS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };

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

/** Plays the script of a request. */
export async function answerChat(
  request: ChatRequest,
  stamp: Stamp,
  destination: Destination,
): Promise<void> {
  const { script } = request;
  const { response } = destination;
  if (script === PLAIN && !request.stream) {
    reply(response, 200, encodeAnswer(composeAnswer(request, stamp)));
    return;
  }
  const outlet = new Outlet(response);
  await outlet.pause(script.delay);
  if (outlet.isGone()) return;
  if (script.retryAfter !== undefined) response.setHeader('retry-after', script.retryAfter);
  if (answerScriptedError(response, script)) return;
  const answer = composeAnswer(request, stamp);
  if (request.stream && !script.badJson) await answerStreamed(answer, request, destination, outlet);
  else await answerWhole(answer, script, destination, outlet);
}

function answerScriptedError(response: ServerResponse, { html, status, okError }: Readonly<Script>): boolean {
  if (html) reply(response, status ?? 502, htmlPage(status ?? 502), 'text/html; charset=utf-8');
  else if (status !== undefined) reply(response, status, errorBody(errorForStatus(status)));
  else if (okError) reply(response, 200, ERROR_UNDER_200);
  else return false;
  return true;
}

async function answerWhole(
  answer: Answer,
  { badJson, cut, stall }: Readonly<Script>,
  destination: Destination,
  outlet: Outlet,
): Promise<void> {
  const { response } = destination;
  const whole = encodeAnswer(answer);
  const text = badJson ? whole.slice(0, Math.floor(whole.length / 2)) : whole;
  const limit = Math.min(cut ?? Infinity, stall ?? Infinity);
  if (limit >= Buffer.byteLength(text)) {
    reply(response, 200, text);
    return;
  }
  const body = Buffer.from(text);
  if (limit > 0 || cut === 0) {
    response.writeHead(200, { 'content-type': JSON_TYPE, 'content-length': body.length });
    response.flushHeaders();
    await outlet.write(body.subarray(0, limit));
  }
  if (cut === limit) cutOff(destination, outlet);
  else await outlet.silence();
}

async function answerStreamed(
  answer: Answer,
  request: ChatRequest,
  destination: Destination,
  outlet: Outlet,
): Promise<void> {
  const { response, ledger, entry } = destination;
  response.writeHead(200, SSE_HEADERS);
  if (request.script.first > 0) {
    response.flushHeaders();
    await outlet.pause(request.script.first);
  }
  const end = await pourStream(outlet, streamEvents(answer, request), request.script, (contentEvents) => {
    if (entry === undefined) return;
    entry.chunksWritten += contentEvents;
    ledger.touch(entry);
  });
  if (end === 'cut') cutOff(destination, outlet);
}

function cutOff({ entry }: Destination, outlet: Outlet): void {
  if (entry !== undefined && !outlet.isGone()) entry.cutAt = Date.now();
  outlet.cut();
}
