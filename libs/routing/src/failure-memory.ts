import type { GatewayError, Target } from '#contract';

/** The failures of one call, and which of them its client is told. */
export class FailureMemory {
  private last: GatewayError | undefined;
  private limit: GatewayError | undefined;
  private tooLong: GatewayError | undefined;
  private soonest: number | undefined;
  /** Upstream models for which the request is too long. */
  private tooSmall: string[] | undefined;
  /** The largest window, of those that are known, that the request is too long for. */
  private window: number | undefined;

  add(error: GatewayError, { model, contextWindow }: Target): void {
    this.last = error;
    if (error.code === 'rate_limit_exceeded') this.limit ??= error;
    if (error.retryAfter !== undefined) this.soonest = Math.min(error.retryAfter, this.soonest ?? Infinity);
    if (error.retry === 'fallback') {
      this.tooLong ??= error;
      (this.tooSmall ??= []).push(model);
      if (contextWindow !== undefined) this.window = Math.max(contextWindow, this.window ?? 0);
    }
  }

  /** Is the request too long for it, by what others have said? */
  isTooSmall({ model, contextWindow = Infinity }: Target): boolean {
    return contextWindow <= (this.window ?? -1) || (this.tooSmall?.includes(model) ?? false);
  }

  /** Is its window known to be larger than all that the request was too long for? */
  isLarger({ contextWindow = -1 }: Target): boolean {
    return this.window !== undefined && contextWindow > this.window;
  }

  /** What is told after an error that ends the call: a fallback's refusal is no better than the model's own. */
  final(error: GatewayError): GatewayError {
    return (error.code === 'upstream_refused' ? this.tooLong : undefined) ?? error;
  }

  /** What is told when nobody is left to ask. */
  get lastWord(): GatewayError | undefined {
    if (this.tooLong) return this.tooLong;
    const error = this.limit ?? this.last;
    // What only an operator can mend is no better for waiting.
    return error?.code === 'upstream_rejected' ? error : error?.withRetryAfter(this.soonest);
  }
}
