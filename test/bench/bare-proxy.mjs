/**
 * The least that a proxy in Node can do: bytes in, bytes out, connections kept. No JSON, no key, no record.
 * Run as `bare-proxy.mjs ORIGIN` with an IPC channel; says on which port it listens.
 */
import { createServer } from 'node:http';
import { Pool } from 'undici';

const pool = new Pool(process.argv[2], { connections: 8192, pipelining: 1 });
const HEADERS = { 'content-type': 'application/json' };
/** The only header of a request that an upstream asks for. */
const VERSION = 'anthropic-version';

function headersOf({ headers }) {
  const version = headers[VERSION];
  return version === undefined ? HEADERS : { ...HEADERS, [VERSION]: version };
}

/** One answer on its way back: whole ones leave in one write, streamed pieces as they come. */
class Answer {
  constructor(response) {
    this.response = response;
    this.left = Infinity;
    this.controller = undefined;
  }

  onRequestStart(controller) {
    this.controller = controller;
  }

  onResponseStart(_, status, headers) {
    const length = headers['content-length'];
    const type = headers['content-type'];
    if (length === undefined) return void this.response.writeHead(status, { 'content-type': type });
    this.left = Number(length);
    this.response.writeHead(status, { 'content-type': type, 'content-length': length });
  }

  onResponseData(controller, piece) {
    const { response } = this;
    this.left -= piece.length;
    if (this.left === 0) return void response.end(piece);
    if (response.write(piece)) return;
    controller.pause();
    response.once('drain', () => controller.resume());
  }

  onResponseEnd() {
    if (this.left !== 0) this.response.end();
  }

  onResponseError() {
    this.response.destroy();
  }

  /** The client is gone. */
  leave() {
    if (!this.response.writableFinished) this.controller?.abort(new Error('gone'));
  }
}

const server = createServer((request, response) => {
  let first;
  let rest;
  request.on('data', (piece) => {
    if (first === undefined) first = piece;
    else (rest ??= [first]).push(piece);
  });
  request.on('end', () => {
    const answer = new Answer(response);
    response.on('close', () => answer.leave());
    const body = rest === undefined ? first : Buffer.concat(rest);
    const headers = headersOf(request);
    pool.dispatch({ path: request.url, method: request.method, headers, body }, answer);
  });
});
server.keepAliveTimeout = 72_000;
server.on('connection', (socket) => socket.setNoDelay(true));
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
  process.send({ port: server.address().port }),
);
process.once('disconnect', () => process.exit(0));
