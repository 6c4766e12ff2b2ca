import { NO_USAGE } from '#contract';
import type { GatewayError, OperationName, Price, Target, Usage } from '#contract';
import { boundedText } from './bounded-text.js';
import { costOf } from './pricing.js';
import type { CallStatus, UsageRecord, UsageSource } from './usage-record.js';

/** What is known of a call when it starts. */
export interface TalliedCall {
  readonly requestId: string;
  readonly at: number;
  readonly keyId: string | null;
  readonly teamId: string | null;
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
  private source: UsageSource = 'none';
  private error: GatewayError | undefined;
  private firstTokenAt: number | undefined;
  private finished = false;
  private opened = false;
  private decision: object | undefined;
  private committed = false;
  private leaseHolder: string | undefined;
  private mostNanos: number | undefined;

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
  open(): void {
    this.opened = true;
  }

  /** An answer is, too. */
  commit(): void {
    this.open();
    this.committed = true;
  }

  /** A piece of a stream goes to the client. */
  seePiece(now: number): void {
    this.firstTokenAt ??= now;
  }

  /** What the upstream says, or sends: of an answer that is not complete, images are those that came. */
  seeUsage(usage: Usage | undefined): void {
    if (usage) this.setUsage(usage, 'upstream');
  }

  /** What the gateway thinks, where the upstream said nothing. */
  estimate(usage: Usage | undefined): void {
    if (!usage || !this.needsEstimate) return;
    // A sound is estimated by its tokens and by its seconds, and paid for once.
    const isBySecond = usage.audioSeconds > 0 && this.target?.price?.second !== undefined;
    const { audioSeconds } = usage;
    this.setUsage(
      isBySecond ? { ...NO_USAGE, audioSeconds } : usage,
      this.finished ? 'estimated' : 'partial',
    );
  }

  /** Was a target asked that may have worked for it, and told no usage? */
  get needsEstimate(): boolean {
    if (this.usage || this.attempts === 0) return false;
    return this.committed || this.wasLeft;
  }

  /** Did the client go, or let its time pass, while somebody may have worked for it? */
  private get wasLeft(): boolean {
    return this.status() === 'cancelled' || this.error?.code === 'deadline_exceeded';
  }

  private setUsage(usage: Usage, source: UsageSource): void {
    this.usage = usage;
    this.source = source;
  }

  fail(error: GatewayError): GatewayError {
    this.error = error;
    return error;
  }

  /** Why it was routed as it was, where there was something to decide. */
  decide(decision: object | undefined): void {
    this.decision = decision;
  }

  /**
   * What it may cost was reserved from the leases of this holder.
   *
   * @param mostNanos the most, which it costs where nobody can tell; undefined: the most is not known
   */
  reserve(leaseHolder: string, mostNanos?: number): void {
    this.leaseHolder = leaseHolder;
    this.mostNanos = mostNanos;
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
      teamId: call.teamId,
      operation: call.operation,
      model: boundedText(call.model),
      stream: call.stream,
      endUser: call.endUser === null ? null : boundedText(call.endUser),
      provider: target?.provider.name ?? null,
      upstreamModel: target ? boundedText(target.model) : null,
      status,
      httpStatus: this.httpStatus(status),
      errorCode: status === 'error' ? this.errorCode() : null,
      promptTokens: usage?.promptTokens ?? 0,
      completionTokens: usage?.completionTokens ?? 0,
      cachedTokens: usage?.cachedTokens ?? 0,
      cacheWriteTokens: usage?.cacheWriteTokens ?? 0,
      reasoningTokens: usage?.reasoningTokens ?? 0,
      audioPromptTokens: usage?.audioPromptTokens ?? 0,
      audioCompletionTokens: usage?.audioCompletionTokens ?? 0,
      images: usage?.images ?? 0,
      audioSeconds: usage?.audioSeconds ?? 0,
      characters: usage?.characters ?? 0,
      usageSource: this.usageSource(),
      costNanos: this.cost(),
      latencyMs: Math.round(now - this.startedAt),
      timeToFirstTokenMs: firstTokenAt === undefined ? null : Math.round(firstTokenAt - this.startedAt),
      attempts: this.attempts,
      decision: this.decision,
      leaseHolder: this.leaseHolder,
    };
  }

  /** Who was refused has used nothing; of whoever was answered without a count, nobody knows. */
  private cost(): number | null {
    const { usage, target, mostNanos = null } = this;
    if (!usage && !this.committed && !this.wasLeft) return 0;
    if (!usage && this.attempts === 0) return 0;
    if (!target?.price) return mostNanos;
    return (usage ? costOf(usage, target.price) : costUncounted(target.price)) ?? mostNanos;
  }

  private usageSource(): UsageSource {
    const { source, usage, finished } = this;
    return source === 'upstream' && usage && !finished && !isTold(usage) ? 'partial' : source;
  }

  private errorCode(): string | null {
    const code = this.error?.upstream?.code ?? this.error?.code;
    return code === undefined ? null : boundedText(code);
  }

  private status(): CallStatus {
    if (this.error) return this.error.code === 'client_closed_request' ? 'cancelled' : 'error';
    return this.finished ? 'ok' : 'cancelled';
  }

  private httpStatus(status: CallStatus): number {
    if (this.opened) return 200;
    return status === 'cancelled' ? 499 : (this.error?.status ?? 200);
  }
}

/** Tokens and seconds are told at the end; images and characters are counted by whoever passes them on. */
function isTold({ images, promptTokens, completionTokens, audioSeconds }: Usage): boolean {
  return images === 0 && promptTokens + completionTokens + audioSeconds > 0;
}

/** A call is priced without a count where only calls have a price. */
function costUncounted(price: Price): number | null {
  const members = Object.keys(price);
  return members.length === 1 && price.request !== undefined ? costOf(NO_USAGE, price) : null;
}
