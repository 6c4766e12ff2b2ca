import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_TIMEOUTS, GatewayError } from '#contract';
import type { Timeouts } from '#contract';
import type { Exchange } from './exchange.js';
import { UpstreamClient } from './upstream-client.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let origin: string;
let answer: Answer;
let sockets: Socket[];
let client: UpstreamClient;

beforeEach(async () => {
  sockets = [];
  server = createServer((request, response) => answer(request, response));
  server.on('connection', (socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new UpstreamClient();
});

afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  server.close();
});

function send(
  timeouts: Partial<Timeouts> = {},
  rest: { body?: string | readonly Buffer[]; path?: string; to?: string; wholeBytes?: number } = {},
): Exchange {
  return client.send({
    origin: rest.to ?? origin,
    path: rest.path ?? '/v1/x?a=b',
    method: 'POST',
    headers: ['content-type', 'application/json', 'x-own', 'Yes'],
    body: typeof rest.body === 'string' ? Buffer.from(rest.body) : rest.body,
    timeouts: { ...DEFAULT_TIMEOUTS, ...timeouts },
    wholeBytes: rest.wholeBytes ?? 0,
  });
}

/** The code of the error that a promise ends in. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    return error instanceof GatewayError ? error.code : String(error);
  }
}

async function statusOf(exchange: Exchange): Promise<number> {
  await exchange.begun();
  return exchange.status;
}

const gone = new GatewayError('client_closed_request');
/** The upstream sees its end of the call closed. (undici may then dial again, and hang up at once.) */
const isClosed = () => vi.waitFor(() => expect(sockets[0]?.destroyed).toBe(true), { timeout: 4_000 });

describe('a call', () => {
  it('sends the bytes and reads status, headers and body', async () => {
    let seen: unknown;
    answer = async (request, response) => {
      const pieces = await request.toArray();
      const { method, url, headers } = request;
      seen = { method, url, own: headers['x-own'], body: Buffer.concat(pieces).toString() };
      response.writeHead(418, { 'x-theirs': 'tea', 'set-cookie': ['a', 'b'] }).end('größe');
    };
    const exchange = send({}, { body: '{"a":1.0}' });
    await exchange.begun();
    expect(exchange.status).toBe(418);
    expect(exchange.headers).toMatchObject({ 'x-theirs': 'tea', 'set-cookie': ['a', 'b'] });
    expect((await exchange.readAll()).toString()).toBe('größe');
    expect(seen).toEqual({ method: 'POST', url: '/v1/x?a=b', own: 'Yes', body: '{"a":1.0}' });
    expect(await exchange.read()).toBeUndefined();
  });

  it.each([1_000, 100_000, 3_000_000])('sends a body of %i bytes for a stream', async (length) => {
    let seen: { bytes: string; length: string | undefined } | undefined;
    answer = async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      seen = { bytes: String(Buffer.concat(pieces)), length: request.headers['content-length'] };
      response.end('data: [DONE]');
    };
    const body = 'x'.repeat(length);
    for (let count = 0; count < 2; count++) {
      await send({}, { body }).readAll();
      await sleep(10);
    }
    expect(seen?.length).toBe(String(length));
    expect(seen?.bytes === body).toBe(true);
    expect(sockets).toHaveLength(1);
  });

  it('sends a body in pieces as one', async () => {
    let seen: { bytes: string; length: string | undefined } | undefined;
    answer = async (request, response) => {
      let bytes = '';
      for await (const piece of request) bytes += String(piece);
      seen = { bytes, length: request.headers['content-length'] };
      response.end('{}');
    };
    for (const wholeBytes of [0, 1_000]) {
      const body = ['{"a":', '1', '}'].map((piece) => Buffer.from(piece));
      await send({}, { body, wholeBytes }).readAll();
      expect(seen).toEqual({ bytes: '{"a":1}', length: '7' });
    }
  });

  it('reads an answer without a body', async () => {
    answer = (_, response) => response.writeHead(204).end();
    const exchange = send();
    expect(await statusOf(exchange)).toBe(204);
    expect(await exchange.readAll()).toHaveLength(0);
  });

  it('does not take an early hint for the answer', async () => {
    answer = (_, response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' });
      response.end('late');
    };
    const exchange = send();
    expect(await statusOf(exchange)).toBe(200);
    expect((await exchange.readAll()).toString()).toBe('late');
  });

  it('follows no redirect', async () => {
    let calls = 0;
    answer = (_, response) => {
      calls++;
      response.writeHead(302, { location: `${origin}/elsewhere` }).end();
    };
    const exchange = send();
    expect(await statusOf(exchange)).toBe(302);
    await exchange.readAll();
    expect(calls).toBe(1);
  });

  it('gives the pieces of a stream while it is open', async () => {
    let response: ServerResponse | undefined;
    answer = (_, opened) => {
      response = opened;
      opened.write('one');
    };
    const exchange = send();
    await exchange.begun();
    expect(String(await exchange.read())).toBe('one');
    const next = exchange.read();
    response?.write('two');
    expect(String(await next)).toBe('two');
    response?.end();
    expect(await exchange.read()).toBeUndefined();
  });
});

describe('an upstream that is faster than the reader', () => {
  const MIB = 1024 * 1024;

  it('waits while nobody reads, and loses nothing', { timeout: 30_000 }, async () => {
    let written = 0;
    answer = async (_, response) => {
      const piece = Buffer.alloc(64 * 1024, 'x');
      for (; written < 32 * MIB && !response.destroyed; written += piece.length) {
        if (!response.write(piece)) await once(response, 'drain');
      }
      response.end();
    };
    const exchange = send();
    await exchange.begun();
    let before = -1;
    for (; before !== written; await sleep(300)) before = written;
    // What the sockets' own buffers hold; the rest is still with the upstream.
    expect(written).toBeLessThan(20 * MIB);
    expect((await exchange.readAll()).length).toBe(32 * MIB);
  });
});

describe('a reader who goes away', () => {
  it('closes the socket before the answer has begun', async () => {
    const asked = new Promise<void>((resolve) => (answer = () => resolve()));
    const exchange = send();
    await asked;
    exchange.abort(gone);
    expect(await codeOf(exchange.begun())).toBe('client_closed_request');
    expect(await codeOf(exchange.read())).toBe('client_closed_request');
    await isClosed();
  });

  it('closes the socket in the middle of the answer, also while he waits', async () => {
    answer = (_, response) => response.write('one');
    const exchange = send();
    await exchange.begun();
    await exchange.read();
    const waiting = codeOf(exchange.read());
    exchange.abort(gone);
    expect(await waiting).toBe('client_closed_request');
    await isClosed();
  });

  it('does no harm before the connection stands, twice, or when all is over', async () => {
    answer = (_, response) => response.end('done');
    const early = send();
    early.abort(gone);
    early.abort(new GatewayError('upstream_timeout'));
    expect(await codeOf(early.begun())).toBe('client_closed_request');
    const exchange = send();
    expect((await exchange.readAll()).toString()).toBe('done');
    exchange.abort(gone);
    exchange.release();
    expect(await exchange.read()).toBeUndefined();
  });
});

describe('an upstream that fails', () => {
  it('is unavailable when it refuses the connection', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const exchange = send({}, { to: `http://127.0.0.1:${port}` });
    expect(await codeOf(exchange.begun())).toBe('upstream_unavailable');
    expect(await codeOf(exchange.readAll())).toBe('upstream_unavailable');
  });

  it.each<[string, Record<string, string | number>]>([
    ['with a length', { 'content-length': 100 }],
    ['in chunks', {}],
  ])('is unavailable when its answer is cut, %s', async (_, headers) => {
    answer = (request, response) => {
      response.writeHead(200, headers).write('half');
      setTimeout(() => request.socket.destroy(), 20);
    };
    const exchange = send();
    expect(await statusOf(exchange)).toBe(200);
    expect(await codeOf(exchange.readAll())).toBe('upstream_unavailable');
  });

  it('is unavailable when it hangs up without an answer, or answers what is no HTTP', async () => {
    answer = (request) => request.socket.destroy();
    expect(await codeOf(send().begun())).toBe('upstream_unavailable');
    answer = (request) => request.socket.end('hello\r\n\r\n');
    expect(await codeOf(send().begun())).toBe('upstream_unavailable');
  });

  it('keeps what went wrong for the log', async () => {
    answer = (request) => request.socket.destroy();
    await expect(send().begun()).rejects.toHaveProperty('cause', expect.any(Error));
  });

  it('still gives what came before the cut', async () => {
    answer = (request, response) => {
      response.write('half');
      setTimeout(() => request.socket.destroy(), 20);
    };
    const exchange = send();
    await exchange.begun();
    await sleep(200);
    expect(String(await exchange.read())).toBe('half');
    expect(await codeOf(exchange.read())).toBe('upstream_unavailable');
  });

  it('is unavailable when we are closed ourselves', async () => {
    answer = (_, response) => response.end('done');
    await send().readAll();
    await client.close();
    expect(await codeOf(send().begun())).toBe('upstream_unavailable');
  });
});

describe('an upstream that is slow', { timeout: 20_000 }, () => {
  it('is given up when the answer does not begin', async () => {
    answer = () => {};
    expect(await codeOf(send({ first_byte_ms: 300 }).begun())).toBe('upstream_timeout');
    await isClosed();
  });

  it('is given up when the answer does not go on', async () => {
    answer = (_, response) => response.write('one');
    const exchange = send({ idle_ms: 300 });
    await exchange.begun();
    expect(await codeOf(exchange.readAll())).toBe('upstream_timeout');
    await isClosed();
  });

  it('is not given up while it is the reader who is slow', async () => {
    answer = (_, response) => {
      response.end(Buffer.alloc(1024 * 1024));
    };
    const exchange = send({ idle_ms: 300 });
    await exchange.begun();
    await sleep(1_600);
    expect((await exchange.readAll()).length).toBe(1024 * 1024);
  });

  it.each<[string, Answer]>([
    ['before the answer', () => {}],
    ['in the middle of an answer that goes on', (_, response) => void drip(response)],
  ])('is given up when all its time is spent, %s', async (_, slow) => {
    answer = slow;
    expect(await codeOf(send({ total_ms: 300 }).readAll())).toBe('upstream_timeout');
    await isClosed();
  });
});

async function drip(response: ServerResponse): Promise<void> {
  while (!response.destroyed) {
    response.write('x'.repeat(1_000));
    await sleep(20);
  }
}

describe('a connection', () => {
  it('serves again when an answer was read', async () => {
    answer = (_, response) => response.end('done');
    for (let count = 0; count < 3; count++) {
      await send().readAll();
      await sleep(10);
    }
    expect(sockets).toHaveLength(1);
  });

  it('serves again when the reader has let go of an answer that is about to end', async () => {
    answer = (_, response) => {
      response.write('data: [DONE]\n\n');
      setTimeout(() => response.end('rest'), 50);
    };
    const exchange = send();
    await exchange.read();
    exchange.release();
    await sleep(150);
    const next = send();
    expect(String(await next.read())).toContain('[DONE]');
    expect(sockets).toHaveLength(1);
  });

  it('serves again when a large answer is let go of that nobody read', async () => {
    answer = (_, response) => response.end(Buffer.alloc(512 * 1024));
    const exchange = send();
    await exchange.begun();
    exchange.release();
    await sleep(150);
    await send().begun();
    expect(sockets).toHaveLength(1);
  });

  it('is closed when the reader has let go of an answer without an end', async () => {
    answer = (_, response) => void drip(response);
    const exchange = send();
    await exchange.read();
    exchange.release();
    await isClosed();
  });
});
