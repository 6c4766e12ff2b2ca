import { DEFAULT_TIMEOUTS, GatewayError } from '#contract';
import type { ErrorCode, ErrorDetails, Target } from '#contract';
import { DEFAULT_RETRY, PlanRun, Planner, TargetStates } from '#routing';
import type { Model } from '#routing';

const START = 1_000_000;
const USAGE = { promptTokens: 1, completionTokens: 1, images: 0, audioSeconds: 0, characters: 0 };
const CALL = { streamed: true, expectedUsage: () => USAGE, canAnswer: () => true };

export function target(model: string, providerId = 'p'): Target {
  const provider = {
    id: providerId,
    name: 'p',
    type: 'x',
    baseUrl: 'http://x',
    secret: undefined,
    headers: {},
  };
  return { provider, model, priority: 0, timeouts: DEFAULT_TIMEOUTS };
}

/** What a target does when it is asked: an answer, or an error. */
export type Outcome = 'ok' | ErrorCode | GatewayError;

/** A world in which time passes when somebody waits. */
export class World {
  now = START;
  readonly states = new TargetStates();
  readonly planner = new Planner(this.states, () => 0);
  readonly asked: string[] = [];
  readonly slept: number[] = [];
  die = 0.5;
  /** Runs while a call sleeps. */
  onSleep: () => void = () => {};
  readonly clock = (): number => this.now;
  readonly dice = (): number => this.die;

  constructor(
    readonly targets: readonly Target[],
    readonly others: readonly Target[] = [],
    readonly attempts = 3,
  ) {}

  start(): PlanRun {
    const retry = { ...DEFAULT_RETRY, attempts: this.attempts };
    const main: Model = { id: 'main', ownedBy: 'x', created: 0, targets: this.targets, retry };
    const other: Model = { ...main, id: 'other', targets: this.others };
    const plan = this.planner.plan(main, this.others.length > 0 ? [other] : [], CALL, this.now);
    return new PlanRun(plan, true, this);
  }

  /** Runs a call; each attempt takes 10 ms and ends as the list says. Tells how the call ended. */
  async run(outcomes: readonly Outcome[], run = this.start()): Promise<string> {
    const left = [...outcomes];
    const attempt = async ({ target: { model } }: { target: Target }): Promise<string> => {
      this.asked.push(model);
      this.now += 10;
      await Promise.resolve();
      const outcome = left.shift() ?? 'ok';
      if (outcome === 'ok') return `answer of ${model}`;
      throw typeof outcome === 'string' ? new GatewayError(outcome, { param: model }) : outcome;
    };
    const sleep = async (ms: number): Promise<void> => {
      this.slept.push(ms);
      this.now += ms;
      this.onSleep();
    };
    try {
      return await run.run(attempt, sleep);
    } catch (error) {
      return error instanceof GatewayError ? `${error.code} ${error.param ?? ''}` : String(error);
    }
  }

  fail(model: string, code: ErrorCode, details: ErrorDetails = {}, times = 1): void {
    const state = this.states.of(target(model));
    for (let each = 0; each < times; each++) {
      state.fail(state.begin(false, this.now), new GatewayError(code, details), this.now);
      state.leave();
    }
  }
}

export function worldOf(names: string, others = '', attempts = 3): World {
  const list = (text: string): Target[] =>
    text
      .split(' ')
      .filter(Boolean)
      .map((name) => target(name));
  const world = new World(list(names), list(others), attempts);
  for (const each of [...world.targets, ...world.others]) world.states.of(each);
  return world;
}

/** Errors of upstreams that may say when to come back. */
export const limit = (retryAfter?: number): GatewayError =>
  new GatewayError('rate_limit_exceeded', { retryAfter, param: 'limited' });
export const away = (retryAfter?: number): GatewayError =>
  new GatewayError('upstream_unavailable', { retryAfter, param: 'away' });
