import type { FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError } from '#contract';
import { AdaptiveLimit } from './adaptive-limit.js';

/** How often the event loop is looked at, in milliseconds. */
const SAMPLE_MS = 10;
/** How many samples make a judgement: one long turn is no overload. */
const SAMPLES = 10;
/** How late the event loop may be all that time, in milliseconds. */
const LATEST_MS = 50;

/** A body of so many bytes is thrown away behind the answer, and its connection kept: a new one costs more. */
const SHORT_BYTES = 64 * 1024;

const OVERLOADED = new GatewayError('overloaded', { retryAfter: 1 });
const BODY = Buffer.from(JSON.stringify(OVERLOADED.toBody()));
const HEADERS = [
  ...Object.entries(OVERLOADED.toHeaders()).flat(),
  'content-type',
  'application/json; charset=utf-8',
  'content-length',
  String(BODY.length),
];

/**
 * Refuses calls before anything is done for them, when more would only make all of them late. Whoever is refused is
 * answered at once, which must stay cheap.
 */
export class LoadGuard {
  private readonly adaptive: AdaptiveLimit;
  private readonly timer: NodeJS.Timeout;
  private expectedAt = performance.now() + SAMPLE_MS;
  private leastLate = Infinity;
  private samples = 0;

  /** @param most how many calls may be in flight */
  constructor(
    most: number,
    private readonly calls: { readonly size: number },
  ) {
    this.adaptive = new AdaptiveLimit(most, LATEST_MS);
    this.timer = setInterval(() => this.sample(performance.now()), SAMPLE_MS).unref();
  }

  get inFlight(): number {
    return this.calls.size;
  }

  /** How many calls may be in flight now. */
  get limit(): number {
    return this.adaptive.value;
  }

  get isFull(): boolean {
    return this.calls.size >= this.adaptive.value;
  }

  close(): void {
    clearInterval(this.timer);
  }

  private sample(now: number): void {
    this.leastLate = Math.min(this.leastLate, now - this.expectedAt);
    this.expectedAt = now + SAMPLE_MS;
    if (++this.samples < SAMPLES) return;
    this.adaptive.adjust(this.leastLate, this.calls.size);
    this.samples = 0;
    this.leastLate = Infinity;
  }
}

/** Is it a call of a model? Operators and balancers are always let in. */
export function isModelCall({ method, route }: FastifyRequest): boolean {
  return method === 'POST' && route !== undefined && !route.includes('/admin/');
}

/** The answer of a process that has enough to do. */
export function shed(request: FastifyRequest, reply: FastifyReply): void {
  const { raw } = reply;
  reply.server.errorCounts.see(OVERLOADED.code);
  reply.hijack();
  const isShort = Number(request.headers['content-length']) <= SHORT_BYTES;
  const close = isShort ? [] : ['connection', 'close'];
  raw.writeHead(OVERLOADED.status, [...request.answerHead, ...HEADERS, ...close]);
  raw.end(BODY);
}
