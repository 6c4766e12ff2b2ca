import type { Target } from '#contract';
import { boundedText } from '#metering';
import type { Plan, PlanRun } from '#routing';

/** A plan of all targets of all fallbacks would be longer than anybody reads. */
const MOST_ENTRIES = 20;

/** Why a call was routed as it was, as the admin API shows it. */
export interface Decision {
  readonly plan: readonly object[];
  readonly passed_over: readonly object[];
  readonly attempts: readonly object[];
}

/** Undefined: there was nothing to decide, and nothing went wrong. */
export function decisionOf(plan: Plan | undefined, run: PlanRun | undefined): Decision | undefined {
  if (!plan || !run) return undefined;
  const { log } = run;
  const isPlain = plan.steps.length === 1 && plan.passedOver.length === 0 && log.length === 1;
  if (isPlain && log[0]?.code === null) return undefined;
  return { ...describePlan(plan), attempts: describeAttempts(run) };
}

export function describePlan({ steps, passedOver }: Plan) {
  return {
    plan: steps.slice(0, MOST_ENTRIES).map(({ target, model, score, reason }) => ({
      ...nameOf(target, model),
      score,
      reason,
    })),
    passed_over: passedOver.slice(0, MOST_ENTRIES).map(({ target, model, reason, because }) => ({
      ...nameOf(target, model),
      reason,
      because,
    })),
  };
}

function describeAttempts({ log }: PlanRun): object[] {
  return log.map(({ target, model, startedMs, ms, code, upstreamStatus }) => ({
    ...nameOf(target, model),
    started_ms: round(startedMs),
    ms: ms === null ? null : round(ms),
    error: code,
    upstream_status: upstreamStatus,
  }));
}

/** Under a pattern both models are a client's text. */
function nameOf({ provider, model }: Target, asked: string) {
  return { model: boundedText(asked), provider: provider.name, upstream_model: boundedText(model) };
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
