import { encodeSpans } from './span.js';
import type { Attribute, Span } from './span.js';

export interface ExporterSettings {
  /** The collector's base URL; spans go to `/v1/traces` under it. */
  readonly endpoint: string;
  /** A collector's credential, perhaps. */
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: Readonly<Record<string, Attribute>>;
  readonly report: (message: string, error: unknown) => void;
  /** How long a span waits for company, in milliseconds. */
  readonly everyMs?: number;
}

const EVERY_MS = 2_000;
/** So many go in one request: to print more at once would hold up the calls. */
const BATCH = 128;
/** What waits for a collector that is slow or gone; more is thrown away. */
const MOST_WAITING = 4_096;
const PATIENCE_MS = 10_000;
const LAST_PATIENCE_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;
const REPORT_EVERY_MS = 60_000;

/** "MAY be retried" (OTLP, Retryable Response Codes). */
const RETRYABLE = new Set([429, 502, 503, 504]);

/** Hands spans to an OpenTelemetry collector, in the background: one that is gone costs memory within bounds, and no call anything. */
export class SpanExporter {
  /** Spans that nobody will see. */
  dropped = 0;
  private readonly url: string;
  private readonly waiting: Span[] = [];
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> | undefined;
  private failures = 0;
  private isClosed = false;
  private reportedAt = -Infinity;

  constructor(private readonly settings: ExporterSettings) {
    this.url = `${settings.endpoint.replace(/\/+$/, '')}/v1/traces`;
  }

  add(span: Span): void {
    if (this.waiting.length >= MOST_WAITING) this.dropped++;
    else this.waiting.push(span);
    this.schedule();
  }

  /** Gives what is left a last chance. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.sending;
    const deadline = performance.now() + LAST_PATIENCE_MS;
    while (this.waiting.length > 0 && this.failures === 0 && performance.now() < deadline) {
      await this.send(LAST_PATIENCE_MS);
    }
    this.dropped += this.waiting.splice(0).length;
  }

  private schedule(): void {
    if (this.sending || this.isClosed || this.waiting.length === 0) return;
    const isFull = this.waiting.length >= BATCH && this.failures === 0;
    if (isFull) return void this.start();
    this.timer ??= setTimeout(() => this.start(), this.pauseMs()).unref();
  }

  private start(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.sending ??= this.send(PATIENCE_MS).finally(() => {
      this.sending = undefined;
      this.schedule();
    });
  }

  /** A collector that is down is asked less and less often. */
  private pauseMs(): number {
    const everyMs = this.settings.everyMs ?? EVERY_MS;
    return Math.min(everyMs * 2 ** Math.min(this.failures, 10), Math.max(everyMs, LONGEST_PAUSE_MS));
  }

  private async send(patienceMs: number): Promise<void> {
    const { headers, resource } = this.settings;
    const batch = this.waiting.slice(0, BATCH);
    try {
      const answer = await fetch(this.url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: encodeSpans(batch, resource),
        redirect: 'error',
        signal: AbortSignal.timeout(patienceMs),
      });
      await answer.body?.cancel();
      if (RETRYABLE.has(answer.status)) throw new Error(`The collector answered ${answer.status}.`);
      this.waiting.splice(0, batch.length);
      this.failures = 0;
      if (!answer.ok) this.refused(batch.length, answer.status);
    } catch (error) {
      this.failures++;
      this.report('traces cannot be handed over; they wait', error);
    }
  }

  /** It would refuse them again. */
  private refused(count: number, status: number): void {
    this.dropped += count;
    this.report('traces were refused', new Error(`The collector answered ${status}.`));
  }

  private report(message: string, error: unknown): void {
    const now = performance.now();
    if (now - this.reportedAt < REPORT_EVERY_MS) return;
    this.reportedAt = now;
    this.settings.report(`${message} (${this.waiting.length} waiting, ${this.dropped} lost)`, error);
  }
}
