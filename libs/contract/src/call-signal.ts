import type { GatewayError } from './errors.js';

/**
 * Says that a call is over before its answer is: the client went, or the process is stopping. What an AbortSignal
 * does for one listener, without the cost of an EventTarget on every call.
 */
export class CallSignal {
  /** Why the call is over; undefined: it is not. */
  reason: GatewayError | undefined;
  private listener: ((reason: GatewayError) => void) | undefined;

  /** Ends the call; the first reason stays. */
  abort(reason: GatewayError): void {
    if (this.reason) return;
    this.reason = reason;
    this.listener?.(reason);
  }

  /** Who is told; undefined: nobody any more. */
  listen(listener: ((reason: GatewayError) => void) | undefined): void {
    this.listener = listener;
  }

  throwIfAborted(): void {
    if (this.reason) throw this.reason;
  }
}
