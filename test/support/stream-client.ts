import { request as httpRequest } from 'node:http';
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { until } from './until.js';

/** How the HTTP body ended: as HTTP ends, or by a broken connection. */
export type BodyEnd = 'whole' | 'reset';

export interface Ask {
  readonly url: string;
  readonly key: string;
  readonly body: Record<string, unknown>;
  readonly headers?: Record<string, string>;
  /** Whose connections are used; else it is one of its own. */
  readonly agent?: Agent | false;
  /** Called with everything that has come so far, as soon as it comes. */
  readonly onData?: (text: string) => void;
}

export const HELLO = [{ role: 'user', content: 'Hello!' }];

/** A client on a connection of its own, that can read, wait, and go away at any moment. */
export class StreamClient {
  text = '';
  response: IncomingMessage | undefined;
  bodyEnd: BodyEnd | undefined;
  private readonly request: ClientRequest;
  private readonly end: Promise<BodyEnd>;

  constructor({ url, key, body, headers, agent = false, onData }: Ask) {
    this.request = httpRequest(`${url}/v1/chat/completions`, {
      method: 'POST',
      agent,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    });
    let settle: (end: BodyEnd) => void = () => {};
    this.end = new Promise((resolve) => (settle = resolve));
    const finish = (end: BodyEnd): void => settle((this.bodyEnd ??= end));
    this.request.on('error', () => finish('reset'));
    this.request.on('response', (response) => {
      this.response = response;
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        this.text += piece;
        onData?.(this.text);
      });
      response.on('end', () => finish('whole'));
      response.on('error', () => finish('reset'));
    });
    this.request.end(JSON.stringify({ messages: HELLO, ...body }));
  }

  get status(): number | undefined {
    return this.response?.statusCode;
  }

  get requestId(): string {
    return String(this.response?.headers['x-request-id']);
  }

  /** The payloads of all events that are complete. */
  get payloads(): string[] {
    return this.text
      .split('\n\n')
      .slice(0, -1)
      .filter((event) => event.startsWith('data: '))
      .map((event) => event.slice('data: '.length));
  }

  /** The payloads that are chunks, parsed. */
  get chunks(): Chunk[] {
    return this.payloads
      .filter((payload) => payload !== '[DONE]')
      .map((payload) => JSON.parse(payload) as Chunk)
      .filter((chunk) => chunk.error === undefined);
  }

  get content(): string {
    return this.chunks.map((chunk) => chunk.choices?.[0]?.delta?.content ?? '').join('');
  }

  /** The error frames. */
  get errors(): NonNullable<Chunk['error']>[] {
    return this.payloads
      .filter((payload) => payload.startsWith('{"error"'))
      .flatMap((payload) => (JSON.parse(payload) as Chunk).error ?? []);
  }

  get isDone(): boolean {
    return this.payloads.includes('[DONE]');
  }

  /** The answer's head is here, and the body is not read. */
  async holdAtHead(): Promise<void> {
    this.request.once('response', (response) => response.pause());
    await until(() => this.response);
    this.response?.pause();
  }

  /** So many chunks with content have come. */
  async received(count: number): Promise<void> {
    await until(() => this.chunks.filter((chunk) => chunk.choices?.[0]?.delta?.content).length >= count);
  }

  async ended(patienceMs = 10_000): Promise<BodyEnd> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new Error(`The answer did not end within ${patienceMs} ms`);
      timer = setTimeout(() => reject(error), patienceMs);
    });
    return Promise.race([this.end, late]).finally(() => clearTimeout(timer));
  }

  /** Goes away without a word. */
  leave(): void {
    this.request.destroy();
  }
}

export interface Chunk {
  readonly id?: string;
  readonly model?: string;
  readonly choices?: {
    readonly delta?: { readonly content?: string };
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: { readonly total_tokens: number } | null;
  readonly error?: { readonly message: string; readonly type: string; readonly code: string | null };
}
