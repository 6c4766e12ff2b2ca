import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

const TEXT = 'text/plain; charset=utf-8';

type Exposed = Pick<Registry, 'metrics' | 'contentType'>;

/** Prometheus asks here: a port of its own, which need not be open to clients. */
export class MetricsServer {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @throws as Node does when it cannot listen there */
  static async listen(registry: Exposed, host: string, port: number): Promise<MetricsServer> {
    const server = createServer({ requestTimeout: 15_000 }, (request, response) => {
      answer(registry, request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, host, resolve);
    });
    const { address, family, port: given } = server.address() as AddressInfo;
    const name = family === 'IPv6' ? `[${address}]` : address;
    return new MetricsServer(server, `http://${name}:${given}/metrics`);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}

async function answer(registry: Exposed, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const isAsked = request.url === '/metrics' || request.url?.startsWith('/metrics?') === true;
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isAsked || !isRead)
    return void response.writeHead(404, { 'content-type': TEXT }).end('GET /metrics\n');
  const text = await registry.metrics();
  response.writeHead(200, { 'content-type': registry.contentType }).end(text);
}
