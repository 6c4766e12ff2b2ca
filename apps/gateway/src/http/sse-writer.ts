import type { ServerResponse } from 'node:http';
import type { GatewayError } from '#contract';

const HEAD = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
} as const;

const DATA = Buffer.from('data: ');
const EVENT_END = Buffer.from('\n\n');
const DONE = 'data: [DONE]\n\n';

/** Node's fetch gives up after 300 s of silence, proxies sooner. A comment, one line end, never an `id:`. */
const HEARTBEAT = ': ping\n';
const HEARTBEAT_MS = 15_000;

/** Writes server-sent events to a socket: all that came together goes out together. */
export class SseWriter {
  isOpen = false;
  private heartbeat: NodeJS.Timeout | undefined;
  private drained: (() => void) | undefined;

  constructor(private readonly raw: ServerResponse) {}

  /** Waits while the socket holds more than it can send. */
  readonly gate = (): Promise<void> | undefined => {
    if (!this.raw.writableNeedDrain) return undefined;
    return new Promise((resolve) => {
      this.drained = resolve;
      this.raw.once('drain', resolve);
    });
  };

  open(headers: Readonly<Record<string, string>>): void {
    this.isOpen = true;
    this.raw.writeHead(200, { ...headers, ...HEAD });
    this.heartbeat = setTimeout(() => this.beat(), HEARTBEAT_MS);
  }

  write(payloads: readonly Buffer[]): void {
    const pieces: Buffer[] = [];
    for (const payload of payloads) pieces.push(DATA, payload, EVENT_END);
    this.raw.write(Buffer.concat(pieces));
    this.heartbeat?.refresh();
  }

  end(): void {
    this.close();
    this.raw.end(DONE);
  }

  /** One error frame and the end, never a false `[DONE]`. */
  fail(error: GatewayError): void {
    this.close();
    this.raw.end(`data: ${JSON.stringify(error.toBody())}\n\n`);
  }

  /** Stops waiting; the socket is ended or gone. */
  close(): void {
    clearTimeout(this.heartbeat);
    this.drained?.();
  }

  private beat(): void {
    if (!this.raw.writableNeedDrain) this.raw.write(HEARTBEAT);
    this.heartbeat?.refresh();
  }
}
