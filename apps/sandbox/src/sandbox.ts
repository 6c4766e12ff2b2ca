import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Stamp } from './answer.js';
import { answerChat } from './answer-chat.js';
import { readChatRequest } from './chat-request.js';
import { errorBody, errorForStatus, Fault } from './fault.js';
import { Ledger, type LedgerEntry } from './ledger.js';
import { boundaryOf, MultipartDigest, type Part } from './multipart.js';
import { OPERATIONS } from './operations.js';
import { readPath } from './paths.js';
import { play } from './play.js';
import { type Destination, note, reply } from './reply.js';
import { readRequest } from './request.js';
import { answerWire } from './wires/answer-wire.js';
import { findWire } from './wires/find-wire.js';

export type { Ledger, LedgerEntry } from './ledger.js';

/** Where to listen, and what to remember. */
export interface SandboxOptions {
  /** 0, the default, takes a free port. */
  port?: number;
  host?: string;
  /** Keep bodies over 64 KiB whole. */
  keepBodies?: boolean;
  /** `false` keeps nothing about requests but the gauges. */
  ledger?: boolean;
}

/** A running sandbox. */
export interface Sandbox {
  /** The base url for an OpenAI client, such as `http://127.0.0.1:9999/v1`. */
  url: string;
  port: number;
  ledger: Ledger;
  /** Stops, ending open connections too. */
  close(): Promise<void>;
}

/** Longer than any client keeps an idle connection, so that the sandbox breaks none by accident. */
const KEEP_ALIVE_MS = 120_000;
/** Thousands may connect at once. */
const BACKLOG = 4_096;
const LEDGER_PATH = '/_ledger';
const MODELS =
  '{"object":"list","data":[{"id":"sandbox","object":"model","created":1735689600,"owned_by":"pllm"}]}';

/** Starts an upstream whose behaviour is scripted by the model name. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1', keepBodies = false, ledger: isKept = true } = options;
  const ledger = new Ledger({ enabled: isKept, keepBodies });
  const nextStamp = stamper();
  const server = createServer((request, response) => receive(request, response, ledger, server, nextStamp));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: BACKLOG }, resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return { url: `http://${nameOf(host)}:${bound}/v1`, port: bound, ledger, close: () => close(server) };
}

function nameOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

function stamper(): () => Stamp {
  const run = Date.now().toString(36);
  let count = 0;
  return () => ({
    id: `sandbox${run}${(++count).toString(36).padStart(6, '0')}`,
    created: Math.floor(Date.now() / 1000),
  });
}

function receive(
  request: IncomingMessage,
  response: ServerResponse,
  ledger: Ledger,
  server: Server,
  nextStamp: () => Stamp,
): void {
  response.on('error', ignore);
  const path = pathOf(request.url ?? '');
  if (path === LEDGER_PATH) {
    answerLedger(request, response, ledger);
    return;
  }
  const entry = ledger.arrive(request);
  response.on('close', () => {
    if (server.listening) ledger.leave(entry, response.writableFinished);
  });
  const answer = (body: Body): void =>
    void route(request, path, body, { response, ledger, entry }, nextStamp);
  const boundary = boundaryOf(request.headers['content-type']);
  if (boundary === undefined) readWhole(request, entry, ledger, answer);
  else digest(request, boundary, entry, ledger, answer);
}

/** A body that was read: its text, or the parts that it is made of. */
interface Body {
  readonly text: string;
  readonly parts?: readonly Part[];
}

function readWhole(
  request: IncomingMessage,
  entry: LedgerEntry | undefined,
  ledger: Ledger,
  done: (body: Body) => void,
): void {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const [only] = parts;
    const body = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
    const text = body.toString();
    if (entry !== undefined) ledger.noteBody(entry, body, text);
    done({ text });
  });
}

function digest(
  request: IncomingMessage,
  boundary: string,
  entry: LedgerEntry | undefined,
  ledger: Ledger,
  done: (body: Body) => void,
): void {
  const form = new MultipartDigest(boundary);
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    form.push(chunk);
  });
  request.on('end', () => {
    const { parts } = form;
    if (entry !== undefined) {
      Object.assign(entry, { bodyLength: length, parts });
      ledger.touch(entry);
    }
    done({ text: '', parts });
  });
}

/** A client that goes in the middle of an answer is no error here. */
function ignore(): void {}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

async function route(
  { method = '', url = '', headers }: IncomingMessage,
  path: string,
  { text, parts }: Body,
  destination: Destination,
  nextStamp: () => Stamp,
): Promise<void> {
  const { response } = destination;
  try {
    const { operation, deployment } = readPath(path);
    if (method === 'GET' && operation === 'models') return reply(response, 200, MODELS);
    const answer = OPERATIONS.get(operation);
    if (method === 'POST' && operation === 'chat/completions') {
      const chat = readChatRequest(text, deployment);
      note(destination, chat);
      await answerChat(chat, nextStamp(), destination);
    } else if (method === 'POST' && answer !== undefined) {
      const request = readRequest(text, parts, deployment);
      note(destination, request);
      await play(request.script, () => answer(request, nextStamp()), destination);
    } else {
      const wire = method === 'POST' ? findWire(path) : undefined;
      if (wire === undefined) throw new Fault(`Invalid URL (${method} ${path})`, null, null, 404);
      await answerWire(wire, { url, headers, text }, nextStamp(), destination);
    }
  } catch (error) {
    if (response.headersSent) response.destroy();
    else if (error instanceof Fault) reply(response, error.status, error.body());
    else
      reply(
        response,
        500,
        errorBody({ ...errorForStatus(500), message: `The sandbox failed: ${String(error)}` }),
      );
  }
}

function answerLedger(request: IncomingMessage, response: ServerResponse, ledger: Ledger): void {
  request.resume();
  const { open, peak, requests } = ledger;
  if (request.method === 'GET') return reply(response, 200, JSON.stringify({ open, peak, requests }));
  if (request.method !== 'DELETE') return reply(response, 405, errorBody(errorForStatus(405)));
  ledger.clear();
  response.writeHead(204).end();
}
