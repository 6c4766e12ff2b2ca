import type { StreamEvent } from './answer-stream.js';
import { Outlet } from './outlet.js';
import { type Framing, pourStream } from './pour-stream.js';
import { answerScriptedError, cutOff, type Destination, JSON_TYPE } from './reply.js';
import type { Script } from './script.js';

/** An answer that is bytes of some type, made piece by piece. */
export interface Whole {
  readonly contentType: string;
  readonly length: number;
  readonly pieces: Iterable<string | Buffer>;
}

/** An answer that is events. */
export interface Streamed {
  readonly events: Iterable<StreamEvent>;
  /** Undefined: server-sent events. */
  readonly framing?: Framing;
}

export function isStreamed(answer: Whole | Streamed): answer is Streamed {
  return 'events' in answer;
}

/** A JSON body as an answer. */
export function wholeJson(value: object): Whole {
  return wholeText(JSON.stringify(value));
}

/** The same, printed already. */
export function wholeText(text: string): Whole {
  return { contentType: JSON_TYPE, length: Buffer.byteLength(text), pieces: [text] };
}

/** Plays the script of a request around its answer, which is made when its time has come. */
export async function play(
  script: Readonly<Script>,
  make: () => Whole | Streamed,
  destination: Destination,
): Promise<void> {
  const { response } = destination;
  const outlet = new Outlet(response, script.encoding);
  await outlet.pause(script.delay);
  if (outlet.isGone()) return;
  if (script.retryAfter !== undefined) response.setHeader('retry-after', script.retryAfter);
  if (answerScriptedError(destination, script)) return;
  const answer = make();
  if (isStreamed(answer)) await playEvents(answer, script, destination, outlet);
  else await playWhole(answer, script, destination, outlet);
}

async function playEvents(
  { events, framing }: Streamed,
  script: Readonly<Script>,
  destination: Destination,
  outlet: Outlet,
): Promise<void> {
  openStream(destination, script, framing);
  if (script.first > 0) destination.response.flushHeaders();
  await outlet.pause(script.first);
  const end = await pourStream(outlet, events, { ...script, framing }, (count) =>
    noteChunks(destination, count),
  );
  if (end === 'cut') cutOff(destination, outlet);
}

async function playWhole(
  { contentType, length, pieces }: Whole,
  script: Readonly<Script>,
  destination: Destination,
  outlet: Outlet,
): Promise<void> {
  const { response } = destination;
  const full = script.badJson ? Math.floor(length / 2) : length;
  const limit = Math.min(script.cut ?? Infinity, script.stall ?? Infinity, full);
  if (script.stall === 0 && script.cut !== 0) return outlet.silence();
  response.writeHead(200, {
    'content-type': contentType,
    ...(script.encoding && { 'content-encoding': script.encoding }),
    ...(!script.chunked && !script.encoding && { 'content-length': full }),
  });
  response.flushHeaders();
  let written = 0;
  for (const piece of pieces) {
    const bytes = Buffer.from(piece).subarray(0, limit - written);
    await outlet.write(bytes);
    written += bytes.length;
    if (written >= limit || outlet.isGone()) break;
    await outlet.pause(script.gap);
  }
  if (limit === full) outlet.end();
  else if (script.cut === limit) cutOff(destination, outlet);
  else await outlet.silence();
}

function openStream(
  { response }: Destination,
  { encoding }: Readonly<Script>,
  framing: Framing | undefined,
): void {
  response.writeHead(200, {
    'content-type': framing?.contentType ?? 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    ...(encoding && { 'content-encoding': encoding }),
  });
}

function noteChunks({ entry, ledger }: Destination, count: number): void {
  if (entry === undefined) return;
  entry.chunksWritten += count;
  ledger.touch(entry);
}
