import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it came in, attributes by name. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code?: number };
  readonly attributes: Readonly<Record<string, unknown>>;
}

export const SERVER = 2;
export const CLIENT = 3;

/** An OpenTelemetry collector that keeps what it is sent. */
export interface Collector {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** As it came. */
  readonly text: string;
  close(): Promise<void>;
}

interface WireSpan extends Omit<CollectedSpan, 'attributes'> {
  readonly attributes: { readonly key: string; readonly value: Record<string, unknown> }[];
}

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  let all = '';
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    request.once('end', () => {
      all += `${request.url} ${JSON.stringify(request.headers)} ${text}\n`;
      spans.push(...readSpans(text));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    get text() {
      return all;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function readSpans(text: string): CollectedSpan[] {
  const { resourceSpans } = JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: WireSpan[] }[] }[] };
  return resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .map((span) => ({
      ...span,
      attributes: Object.fromEntries(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
    }));
}
