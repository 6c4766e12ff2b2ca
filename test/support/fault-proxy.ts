import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { FaultyLane } from './faulty-lane.js';

/** What is wrong with the way to an upstream. It may change at any moment, and holds for live connections too. */
export interface Faults {
  /** Each piece of an answer is late by so many milliseconds. */
  readonly latencyMs: number;
  /** Answers come no faster than so many bytes a second, on each connection. */
  readonly bytesPerSecond: number;
  /** The connection is closed after so many bytes of an answer: those since the client last sent something. */
  readonly cutAfterBytes: number;
  /** A connection that is opened is reset at once. */
  readonly isResetting: boolean;
  /** What a client sends is taken and thrown away, and nothing is answered. */
  readonly isBlackHole: boolean;
}

export const NO_FAULTS: Faults = {
  latencyMs: 0,
  bytesPerSecond: Infinity,
  cutAfterBytes: Infinity,
  isResetting: false,
  isBlackHole: false,
};

interface Connection {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly answer: FaultyLane;
  readonly question: FaultyLane;
}

/** Stands between the gateway and an upstream, on TCP, and breaks what it is told to. */
export class FaultProxy {
  /** How many connections were opened. */
  opened = 0;
  /** How many bytes of clients fell into the black hole. */
  swallowed = 0;
  private faults = NO_FAULTS;
  private readonly connections = new Set<Connection>();
  private server: Server;

  private constructor(private readonly upstreamPort: number) {
    this.server = this.makeServer();
  }

  /** Before the port of an upstream on loopback. */
  static async start(upstreamPort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstreamPort);
    await listen(proxy.server, 0);
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The base url of an OpenAI client. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/v1`;
  }

  /** How many connections are open. */
  get live(): number {
    return this.connections.size;
  }

  /** How many connections that were frozen are still open. */
  get frozen(): number {
    return [...this.connections].filter(({ answer }) => answer.isFrozen).length;
  }

  /** From now on these are the faults, and no others. */
  set(faults: Partial<Faults>): void {
    this.faults = { ...NO_FAULTS, ...faults };
  }

  heal(): void {
    this.set({});
  }

  /** Live connections get a reset. */
  resetLive(): void {
    for (const { client } of this.connections) client.resetAndDestroy();
  }

  /** Nothing moves on live connections any more, in either direction, until they thaw. */
  freezeLive(): void {
    for (const { answer, question } of this.connections) for (const lane of [answer, question]) lane.freeze();
  }

  thaw(): void {
    for (const { answer, question } of this.connections) for (const lane of [answer, question]) lane.thaw();
  }

  /** Nobody listens; live connections stay. Returns how to listen again, on the same port. */
  async refuse(): Promise<() => Promise<void>> {
    const { port, server } = this;
    // It settles when the live ones are gone too; the port is closed at once.
    server.close();
    return async () => {
      this.server = this.makeServer();
      await listen(this.server, port);
    };
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const { client } of this.connections) client.destroy();
    await closed;
  }

  private makeServer(): Server {
    return createServer({ noDelay: true }, (client) => this.accept(client));
  }

  private accept(client: Socket): void {
    this.opened++;
    client.on('error', ignore);
    if (this.faults.isResetting) return void client.resetAndDestroy();
    const upstream = connect({ port: this.upstreamPort, host: '127.0.0.1', noDelay: true });
    upstream.on('error', ignore);
    const answer = new FaultyLane(upstream, client, () => this.faults);
    const question = new FaultyLane(client, upstream, () => ({
      ...NO_FAULTS,
      isBlackHole: this.faults.isBlackHole,
    }));
    client.on('data', ({ length }) => {
      if (this.faults.isBlackHole) this.swallowed += length;
      answer.restart();
    });
    const connection = { client, upstream, answer, question };
    this.connections.add(connection);
    upstream.once('close', () => answer.end());
    client.once('close', () => {
      this.connections.delete(connection);
      answer.stop();
      question.stop();
      upstream.destroy();
    });
  }
}

/** A broken connection is what this is for. */
function ignore(): void {}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}
