import { GatewayError } from '#contract';
import type { ErrorCode, Target } from '#contract';
import { backoff } from './backoff.js';
import { FailureMemory } from './failure-memory.js';
import { refuse } from './plan.js';
import type { Plan, Step } from './plan.js';
import type { TargetState } from './target-state.js';

/** What became of one attempt. */
export interface AttemptLog {
  readonly target: Target;
  /** The public name that led to it. */
  readonly model: string;
  /** Milliseconds since the call's first attempt. */
  readonly startedMs: number;
  /** Milliseconds until it answered, or failed; null: it has done neither. */
  ms: number | null;
  /** Null: it answered. */
  code: ErrorCode | null;
  /** What the upstream answered with where it failed; null: nothing. */
  upstreamStatus: number | null;
}

/** What a run needs of the world. */
export interface RunWorld {
  /** Milliseconds on the clock of the states. */
  readonly clock: () => number;
  /** A number from 0 up to 1, without 1. */
  readonly dice: () => number;
}

/** Asks the targets of a plan, one after the other, for one call; tells their states what becomes of it. */
export class PlanRun {
  readonly log: AttemptLog[] = [];
  private readonly failures = new FailureMemory();
  private steps: readonly Step[];
  private at = 0;
  private retries = 0;
  /** Attempts that ended before anybody was asked. */
  private refusals = 0;
  private isLastResortSpent = false;
  private startedAt = 0;
  private attemptedAt = 0;
  private ticket = 0;
  /** The target in whose books this call is. */
  private state: TargetState | undefined;

  /** @param streamed does the client ask for a stream? */
  constructor(
    private readonly plan: Plan,
    private readonly streamed: boolean,
    private readonly world: RunWorld,
  ) {
    this.steps = plan.steps;
  }

  /**
   * Asks until a target answers, and no more often than the model's `retry` allows. What the error table says of an
   * error decides who is asked after it: nobody, another target, the same one again, or another upstream model. When
   * all have failed, the last error is told; a rate limit, if one was met, since it says when to come back; or that
   * the request is too long, if a fallback could do no better.
   *
   * @param attempt settles when the target's first piece is here, or its whole answer
   * @param sleep milliseconds; rejects when the call is over
   * @throws GatewayError
   */
  async run<Answer>(
    attempt: (step: Step) => Promise<Answer>,
    sleep: (ms: number) => Promise<void>,
  ): Promise<Answer> {
    let step = this.next() ?? this.lastResort();
    while (step) {
      this.begin(step);
      let answer: Answer;
      try {
        answer = await attempt(step);
      } catch (thrown) {
        step = await this.recover(step, GatewayError.from(thrown), sleep);
        continue;
      }
      this.succeed();
      return answer;
    }
    throw this.failures.lastWord ?? refuse(this.plan, this.world.clock());
  }

  /** Is another step left that may be asked, should the present one fail? */
  get hasMore(): boolean {
    return this.attemptsLeft > 0 && this.at < this.steps.length;
  }

  /** The answer broke off after it had begun. */
  breakOff(error: GatewayError): void {
    this.state?.fail(this.ticket, error, this.world.clock());
  }

  /** The call is over, by whatever way; once. @param completionTokens of a stream that came to its end */
  finish(completionTokens?: number): void {
    const { state } = this;
    if (!state) return;
    if (completionTokens && this.streamed) this.seeRate(state, completionTokens);
    this.leave();
  }

  private seeRate(state: TargetState, tokens: number): void {
    const now = this.world.clock();
    const seconds = (now - this.attemptedAt - (this.log.at(-1)?.ms ?? 0)) / 1_000;
    if (seconds > 0) state.tokenRate.add(tokens, seconds, now);
  }

  private begin({ target, state, model, reason }: Step): void {
    const now = this.world.clock();
    const isFirst = this.log.length === 0;
    if (isFirst) this.startedAt = now;
    if (reason === 'last-resort') this.isLastResortSpent = true;
    const isRetry = this.hasAsked(state);
    this.state = state;
    this.attemptedAt = now;
    this.ticket = state.begin(isRetry, now);
    const startedMs = now - this.startedAt;
    this.log.push({ target, model, startedMs, ms: null, code: null, upstreamStatus: null });
  }

  private succeed(): void {
    const now = this.world.clock();
    const ms = now - this.attemptedAt;
    const entry = this.log.at(-1);
    if (entry) entry.ms = ms;
    this.state?.succeed(this.ticket, this.streamed, ms, now);
  }

  private fail(error: GatewayError): void {
    const now = this.world.clock();
    const entry = this.log.at(-1);
    if (entry) {
      entry.ms = now - this.attemptedAt;
      entry.code = error.code;
      entry.upstreamStatus = error.upstreamStatus ?? null;
    }
    this.state?.fail(this.ticket, error, now);
    this.leave();
  }

  private leave(): void {
    this.state?.leave();
    this.state = undefined;
  }

  /** Who is asked after an error; undefined: nobody. @throws GatewayError what nobody can do better */
  private async recover(
    step: Step,
    error: GatewayError,
    sleep: (ms: number) => Promise<void>,
  ): Promise<Step | undefined> {
    this.fail(error);
    if (error.retry === 'never') throw this.failures.final(error);
    this.failures.add(error, step.target);
    if (error.code === 'unsupported_parameter') this.refusals++;
    // It answered: the call still has its one try at a target that does not.
    if (error.retry === 'fallback') {
      this.isLastResortSpent = false;
      this.preferLarger();
    }
    if (this.attemptsLeft <= 0) return undefined;
    const next = this.next();
    if (next) return next;
    const again = this.again(step, error);
    if (again === undefined) return this.lastResort();
    await sleep(again);
    this.retries++;
    return step.state.circuit.allows(this.world.clock()) ? step : this.lastResort();
  }

  private get attemptsLeft(): number {
    return this.plan.retry.attempts - (this.log.length - this.refusals);
  }

  /** Of those that are left, the ones with a window that is known to be larger first. */
  private preferLarger(): void {
    const left = this.steps.slice(this.at);
    const larger = left.filter(({ target }) => this.failures.isLarger(target));
    this.steps = [
      ...this.steps.slice(0, this.at),
      ...larger,
      ...left.filter((step) => !larger.includes(step)),
    ];
  }

  /** The next step that is still good to ask. */
  private next(): Step | undefined {
    const { steps } = this;
    const now = this.world.clock();
    while (this.at < steps.length) {
      const step = steps[this.at++];
      if (step && this.isGood(step, now)) return step;
    }
    return undefined;
  }

  private isGood({ target, state, reason }: Step, now: number): boolean {
    if (this.failures.isTooSmall(target)) return false;
    return reason === 'last-resort' ? !state.circuit.isCooling(now) : state.circuit.allows(now);
  }

  /** Milliseconds until the same target is asked again; undefined: it is not. */
  private again({ state }: Step, error: GatewayError): number | undefined {
    if (error.retry !== 'same') return undefined;
    // The last attempt is better spent on a target that has not failed this call.
    if (this.attemptsLeft === 1 && this.findLastResort()) return undefined;
    const now = this.world.clock();
    const { circuit, budget } = state;
    if (!circuit.allows(now) && !circuit.isCooling(now)) return undefined;
    const ms = backoff(this.retries, error.retryAfter, this.world.dice());
    return ms !== undefined && budget.take(this.plan.retry.budgetRatio, now) ? ms : undefined;
  }

  /** Before a call fails, one that was passed over is asked: ejecting a target never costs a call its answer. */
  private lastResort(): Step | undefined {
    const found = this.findLastResort();
    return found && { ...found, score: null, reason: 'last-resort' };
  }

  private findLastResort(): Pick<Step, 'target' | 'state' | 'model'> | undefined {
    if (this.isLastResortSpent) return undefined;
    const now = this.world.clock();
    const isLeft = ({ target, state }: Pick<Step, 'target' | 'state'>): boolean =>
      !this.hasAsked(state) && !state.circuit.isCooling(now) && !this.failures.isTooSmall(target);
    const { steps, passedOver } = this.plan;
    return [...steps, ...passedOver.filter(({ reason }) => reason !== 'unsupported')]
      .filter(isLeft)
      .sort((one, other) => one.state.circuit.health(now).until - other.state.circuit.health(now).until)[0];
  }

  private hasAsked({ provider, model }: TargetState): boolean {
    return this.log.some(({ target }) => target.model === model && target.provider.id === provider.id);
  }
}
