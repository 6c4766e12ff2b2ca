import { GatewayError } from '#contract';
import type { CallSignal } from '#contract';
import type { Tally } from '#metering';
import type { CallTrace } from '#observability';
import type { ParallelLimit, Step } from '#routing';
import type { Exchange } from '#upstream';
import type { Attempts, Winner } from './attempt.js';
import type { Call } from './call.js';
import type { ProviderLimits } from './provider-limits.js';
import { setAside } from './set-aside.js';
import type { Stopwatch } from './stopwatch.js';

/** Who counts and times what is asked. */
export interface Observers {
  readonly tally: Tally;
  readonly watch: Stopwatch;
  readonly trace: CallTrace | undefined;
}

/** Asks targets for one call, one at a time. Whatever it waits for ends when the call does. */
export class Asking {
  /** Who is asked, or answers. */
  step: Step | undefined = undefined;
  private exchange: Exchange | undefined = undefined;
  private place: ParallelLimit | undefined = undefined;
  private interruptWaiting: ((reason: GatewayError) => void) | undefined = undefined;

  constructor(
    private readonly attempts: Attempts,
    private readonly limits: ProviderLimits,
    private readonly call: Call,
    private readonly signal: CallSignal,
    private readonly observers: Observers,
  ) {
    signal.listen((reason) => {
      this.exchange?.abort(reason);
      this.interruptWaiting?.(reason);
    });
  }

  /**
   * @param hasMore is there another target to ask? Then this one's provider is not waited for when it is busy.
   * @throws GatewayError
   */
  ask(step: Step, hasMore: boolean): Promise<Winner> {
    this.signal.throwIfAborted();
    this.leavePlace();
    this.step = step;
    const limit = this.limits.of(step.target.provider);
    return limit ? this.askInTurn(limit, step, hasMore) : this.send(step);
  }

  /** Milliseconds. @throws GatewayError when the call is over before */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      this.interruptWaiting = (reason) => {
        clearTimeout(timer);
        reject(reason);
      };
    });
  }

  /** The call is over. */
  end(): void {
    this.signal.listen(undefined);
    this.exchange?.release();
    this.leavePlace();
  }

  private async askInTurn(limit: ParallelLimit, step: Step, hasMore: boolean): Promise<Winner> {
    if (hasMore && !limit.hasRoom) throw new GatewayError('provider_busy', { retryAfter: 1 });
    await limit.enter((leave) => (this.interruptWaiting = leave));
    this.place = limit;
    try {
      this.signal.throwIfAborted();
      return await this.send(step);
    } catch (error) {
      // The call may wait before it asks again, and others are in line.
      this.leavePlace();
      throw error;
    }
  }

  private send({ target }: Step): Promise<Winner> {
    const { operation } = this.call;
    const { tally, watch, trace } = this.observers;
    tally.attempt(target);
    const span = trace?.attempt(operation, target);
    const exchange = this.attempts.send(this.call, target, span);
    if (!this.exchange) setAside(this.call);
    this.exchange = exchange;
    watch.send(exchange, performance.now());
    const answer = this.attempts.receive(this.call, target, exchange, span);
    return span ? span.follow(answer, exchange) : answer;
  }

  private leavePlace(): void {
    this.place?.leave();
    this.place = undefined;
  }
}
