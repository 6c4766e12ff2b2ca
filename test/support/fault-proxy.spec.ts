import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultProxy } from './fault-proxy.js';
import { until } from './until.js';

let upstream: Server;
let received: string;
let proxy: FaultProxy;
let clients: Client[];

beforeEach(async () => {
  received = '';
  clients = [];
  // Answers every question twice over.
  upstream = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      received += String(bytes);
      socket.write(`${String(bytes)}${String(bytes)}`);
    });
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  proxy = await FaultProxy.start((upstream.address() as AddressInfo).port);
});
afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  await proxy.close();
  await new Promise((resolve) => upstream.close(resolve));
});

class Client {
  text = '';
  /** How it ended; undefined: it is open. */
  ending: string | undefined;
  readonly socket: Socket;

  constructor(port = proxy.port) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (bytes) => (this.text += String(bytes)));
    this.socket.on('error', (error: NodeJS.ErrnoException) => (this.ending = error.code));
    this.socket.on('close', () => (this.ending ??= 'closed'));
    clients.push(this);
  }

  async ask(text: string): Promise<void> {
    const whole = this.text.length + 2 * text.length;
    this.socket.write(text);
    await until(() => this.text.length === whole);
  }
}

const ended = (client: Client) => until(() => client.ending);

describe('a proxy with faults', () => {
  it('passes everything on while it has none', async () => {
    const client = new Client();
    await client.ask('hello');
    expect(client.text).toBe('hellohello');
    client.socket.end();
    await until(() => proxy.live === 0);
    expect(proxy.opened).toBe(1);
  });

  it.each([
    ['late', { latencyMs: 30 }],
    ['slow', { bytesPerSecond: 20_000 }],
  ])('%s answers are whole and in order', async (_, faults) => {
    proxy.set(faults);
    const client = new Client();
    const text = Array.from({ length: 400 }, (_, at) => at).join(' ');
    const from = performance.now();
    await client.ask(text);
    expect(client.text).toBe(text + text);
    // Timers are never early, but for what is lost in rounding.
    expect(performance.now() - from).toBeGreaterThan(25);
  });

  it('cuts each answer after so many bytes', async () => {
    const client = new Client();
    await client.ask('whole');
    proxy.set({ cutAfterBytes: 7 });
    client.socket.write('broken');
    expect(await ended(client)).toBe('closed');
    expect(client.text).toBe('wholewholebrokenb');
  });

  it('resets new connections, and live ones', async () => {
    const live = new Client();
    await live.ask('hello');
    proxy.set({ isResetting: true });
    expect(await ended(new Client())).toBe('ECONNRESET');
    await live.ask('still here');
    proxy.resetLive();
    expect(await ended(live)).toBe('ECONNRESET');
  });

  it('refuses connections, until it listens again', async () => {
    const { port } = proxy;
    const listenAgain = await proxy.refuse();
    expect(await ended(new Client(port))).toBe('ECONNREFUSED');
    await listenAgain();
    await new Client(port).ask('hello');
  });

  it('swallows what is sent, as a black hole', async () => {
    proxy.set({ isBlackHole: true });
    const client = new Client();
    client.socket.write('lost');
    await until(() => proxy.swallowed === 4);
    proxy.heal();
    await client.ask('found');
    expect(received).toBe('found');
  });

  it('freezes live connections, and no others', async () => {
    const frozen = new Client();
    await frozen.ask('hello');
    proxy.freezeLive();
    frozen.socket.write('later');
    await new Client().ask('new');
    expect(frozen.text).toBe('hellohello');
    proxy.thaw();
    await until(() => frozen.text === 'hellohellolaterlater');
  });
});
