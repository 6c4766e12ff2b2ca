import type { GatewayError } from '#contract';

/** The failures of one call, and which of them its client is told. */
export class FailureMemory {
  private last: GatewayError | undefined;
  private limit: GatewayError | undefined;
  private tooLong: GatewayError | undefined;
  private soonest: number | undefined;
  /** Upstream models for which the request is too long. */
  private tooSmall: string[] | undefined;

  /** @param model the upstream's own name of it */
  add(error: GatewayError, model: string): void {
    this.last = error;
    if (error.code === 'rate_limit_exceeded') this.limit ??= error;
    if (error.retryAfter !== undefined) this.soonest = Math.min(error.retryAfter, this.soonest ?? Infinity);
    if (error.retry === 'fallback') {
      this.tooLong ??= error;
      (this.tooSmall ??= []).push(model);
    }
  }

  isTooSmall(model: string): boolean {
    return this.tooSmall?.includes(model) ?? false;
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
