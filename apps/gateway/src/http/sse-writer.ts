import type { ServerResponse } from 'node:http';
import type { GatewayError, HeaderPairs } from '#contract';

const HEAD: HeaderPairs = [
  'content-type',
  'text/event-stream; charset=utf-8',
  'cache-control',
  'no-cache',
  'x-accel-buffering',
  'no',
];

const DATA = Buffer.from('data: ');
const EVENT_END = Buffer.from('\n\n');
const FRAME_BYTES = DATA.length + EVENT_END.length;
const DONE = 'data: [DONE]\n\n';

/** Node's fetch gives up after 300 s of silence, proxies sooner. A comment, one line end, never an `id:`. */
const HEARTBEAT = ': ping\n';
const HEARTBEAT_MS = 15_000;

/** Writes server-sent events to a socket: all that came together goes out together. */
export class SseWriter {
  isOpen = false;
  private isReleased = false;
  private heartbeat: NodeJS.Timeout | undefined;
  private drained: (() => void) | undefined;

  constructor(
    private readonly raw: ServerResponse,
    private readonly answerHead: HeaderPairs,
  ) {}

  /** Waits while the socket holds more than it can send. */
  readonly gate = (): Promise<void> | undefined => {
    if (this.isReleased || !this.raw.writableNeedDrain) return undefined;
    return new Promise((resolve) => {
      this.drained = resolve;
      this.raw.once('drain', resolve);
    });
  };

  open(headers: HeaderPairs): void {
    this.isOpen = true;
    this.raw.writeHead(200, [...this.answerHead, ...headers, ...HEAD]);
    this.heartbeat = setTimeout(() => this.beat(), HEARTBEAT_MS);
  }

  write(payloads: readonly Buffer[]): void {
    this.raw.write(frame(payloads));
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

  /** Waits for the socket no more: what is left goes out at once. */
  release(): void {
    this.isReleased = true;
    this.drained?.();
  }

  /** The socket is ended or gone. */
  close(): void {
    clearTimeout(this.heartbeat);
    this.release();
  }

  private beat(): void {
    if (!this.raw.writableNeedDrain) this.raw.write(HEARTBEAT);
    this.heartbeat?.refresh();
  }
}

/** All events of a packet in one buffer: one write, one allocation. */
function frame(payloads: readonly Buffer[]): Buffer {
  let length = payloads.length * FRAME_BYTES;
  for (const payload of payloads) length += payload.length;
  const framed = Buffer.allocUnsafe(length);
  let at = 0;
  for (const payload of payloads) {
    framed.set(DATA, at);
    framed.set(payload, at + DATA.length);
    framed.set(EVENT_END, at + DATA.length + payload.length);
    at += payload.length + FRAME_BYTES;
  }
  return framed;
}
