import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What goes wrong between a gateway and its upstream. */
export interface LineFault {
  /** New connections are reset. */
  readonly refuse?: boolean;
  /** What is sent is taken, and nothing comes back. */
  readonly blackhole?: boolean;
  /** Everything that comes back is so late, in milliseconds. */
  readonly latencyMs?: number;
  readonly bytesPerSecond?: number;
  /** After so many bytes of what comes back the line is cut: in good order, or by a reset. */
  readonly cutAfter?: number;
  readonly resetAfter?: number;
}

const NO_FAULT: LineFault = {};

/** A TCP proxy whose faults change while it runs, for new connections and for live ones. */
export class FaultProxy {
  fault: LineFault = NO_FAULT;
  /** Connections that were opened. */
  connections = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {
    server.on('connection', (client: Socket) => this.accept(client));
  }

  /** @param target the origin of an upstream */
  static async listen(target: string): Promise<FaultProxy> {
    const server = createServer();
    const proxy = new FaultProxy(server, new URL(target));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /** The upstream's URL, by way of the proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href.replace(/\/$/, '');
  }

  /** Resets every connection that is open. */
  resetAll(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.resetAll();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(client: Socket): void {
    this.connections++;
    client.on('error', () => {});
    if (this.fault.refuse) return void client.resetAndDestroy();
    const upstream = connect(Number(this.target.port), this.target.hostname);
    upstream.on('error', () => client.resetAndDestroy());
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket.setNoDelay(true).once('close', () => this.sockets.delete(socket));
    }
    client.on('data', (bytes) => {
      if (!this.fault.blackhole) upstream.write(bytes);
    });
    client.once('close', () => upstream.destroy());
    void this.pour(upstream, client).catch(() => client.destroy());
  }

  private async pour(upstream: Socket, client: Socket): Promise<void> {
    let sent = 0;
    for await (const bytes of upstream as AsyncIterable<Buffer>) {
      const { latencyMs, bytesPerSecond, cutAfter, resetAfter, blackhole } = this.fault;
      if (blackhole) continue;
      if (latencyMs !== undefined) await sleep(latencyMs);
      if (bytesPerSecond !== undefined) {
        await this.trickle(bytes, bytesPerSecond, client);
        continue;
      }
      const limit = Math.min(cutAfter ?? Infinity, resetAfter ?? Infinity);
      client.write(bytes.subarray(0, Math.max(0, limit - sent)));
      sent += bytes.length;
      if (sent < limit) continue;
      upstream.destroy();
      if (resetAfter === limit) client.resetAndDestroy();
      else client.end();
      return;
    }
    client.end();
  }

  private async trickle(bytes: Buffer, bytesPerSecond: number, client: Socket): Promise<void> {
    for (let at = 0; at < bytes.length && !client.destroyed; at++) {
      client.write(bytes.subarray(at, at + 1));
      await sleep(1_000 / bytesPerSecond);
    }
  }
}
