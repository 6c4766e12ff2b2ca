import type { Plan, PlanRun } from '#routing';
import { describePlan, nameOf } from '../models/describe-plan.js';

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

function describeAttempts({ log }: PlanRun): object[] {
  return log.map(({ target, model, startedMs, ms, code, upstreamStatus }) => ({
    ...nameOf(target, model),
    started_ms: round(startedMs),
    ms: ms === null ? null : round(ms),
    error: code,
    upstream_status: upstreamStatus,
  }));
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
