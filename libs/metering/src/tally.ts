import type { GatewayError, OperationName, Target, Usage } from '#contract';
import type { CallStatus, UsageRecord } from './usage-record.js';

/** The longest name, code or end user that is kept of a call. */
const LONGEST_TEXT = 256;

/** What is known of a call when it starts. */
export interface TalliedCall {
  readonly requestId: string;
  readonly at: number;
  readonly keyId: string | null;
  readonly operation: OperationName;
  readonly model: string;
  readonly stream: boolean;
  readonly endUser: string | null;
}

/** Gathers what becomes of one call, and closes it into a record. Times are monotonic milliseconds. */
export class Tally {
  private target: Target | undefined;
  private attempts = 0;
  private usage: Usage | undefined;
  private error: GatewayError | undefined;
  private firstTokenAt: number | undefined;
  private finished = false;
  private committed = false;

  constructor(
    private readonly call: TalliedCall,
    private readonly startedAt: number,
  ) {}

  /** An attempt at a target begins. */
  attempt(target: Target): void {
    this.target = target;
    this.attempts++;
  }

  get attemptCount(): number {
    return this.attempts;
  }

  /** The status 200 is on its way to the client. */
  commit(): void {
    this.committed = true;
  }

  /** A piece of a stream goes to the client. */
  seePiece(now: number): void {
    this.firstTokenAt ??= now;
  }

  seeUsage(usage: Usage | undefined): void {
    this.usage = usage ?? this.usage;
  }

  fail(error: GatewayError): GatewayError {
    this.error = error;
    return error;
  }

  /** The answer is complete. */
  finish(): void {
    this.finished = true;
  }

  close(now: number): UsageRecord {
    const status = this.status();
    const { call, usage, firstTokenAt, target } = this;
    // Written out: spreading an object of this many members costs more than all the rest of the call's record.
    return {
      requestId: call.requestId,
      at: call.at,
      keyId: call.keyId,
      operation: call.operation,
      model: bounded(call.model),
      stream: call.stream,
      endUser: call.endUser === null ? null : bounded(call.endUser),
      provider: target?.provider.name ?? null,
      upstreamModel: target ? bounded(target.model) : null,
      status,
      httpStatus: this.httpStatus(status),
      errorCode: status === 'error' ? this.errorCode() : null,
      promptTokens: usage?.promptTokens ?? 0,
      completionTokens: usage?.completionTokens ?? 0,
      cachedTokens: usage?.cachedTokens ?? 0,
      reasoningTokens: usage?.reasoningTokens ?? 0,
      images: usage?.images ?? 0,
      audioSeconds: usage?.audioSeconds ?? 0,
      characters: usage?.characters ?? 0,
      usageSource: usage ? 'upstream' : 'none',
      latencyMs: Math.round(now - this.startedAt),
      timeToFirstTokenMs: firstTokenAt === undefined ? null : Math.round(firstTokenAt - this.startedAt),
      attempts: this.attempts,
    };
  }

  private errorCode(): string | null {
    const code = this.error?.upstream?.code ?? this.error?.code;
    return code === undefined ? null : bounded(code);
  }

  private status(): CallStatus {
    if (this.error) return this.error.code === 'client_closed_request' ? 'cancelled' : 'error';
    return this.finished ? 'ok' : 'cancelled';
  }

  private httpStatus(status: CallStatus): number {
    if (this.committed) return 200;
    return status === 'cancelled' ? 499 : (this.error?.status ?? 200);
  }
}

/** What a client or an upstream wrote: bounded, and without what Postgres refuses: NUL, and half a surrogate pair. */
function bounded(text: string): string {
  const short = text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text;
  const whole = short.isWellFormed() ? short : short.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '') : whole;
}
