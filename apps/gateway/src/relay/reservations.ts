import { endUserOf } from '#contract';
import type { BudgetMode } from '#contract';
import { subjectsFor } from '#metering';
import type { BudgetBook, Reservation } from '#metering';
import { expectedCost } from '#routing';
import type { Plan } from '#routing';
import { expectedUsage } from '../models/expected-usage.js';
import { boundOf } from './call-bound.js';
import type { Call } from './call.js';
import { worstCost } from './worst-cost.js';

/** Reserves what a call may cost in the budgets of its caller. */
export class Reservations {
  constructor(private readonly book: Pick<BudgetBook, 'reserve'>) {}

  /**
   * Undefined: nobody bounds what the call costs.
   *
   * @throws GatewayError `insufficient_quota`, `model_unpriced`, or `service_unavailable`; or by the promise
   */
  reserve(
    call: Pick<Call, 'operation' | 'request' | 'caller' | 'at'>,
    plan: Plan,
  ): Reservation | Promise<Reservation> | undefined {
    const { budgets } = call.caller;
    if (budgets === undefined || call.operation === 'count_tokens') return undefined;
    const subjects = subjectsFor(budgets, endUserOf(call.request.value));
    const costs: { [Mode in BudgetMode]?: number } = {};
    const asked = subjects.map((subject) => {
      const nanos = (costs[subject.mode] ??= COSTS[subject.mode](call, plan));
      return { subject, nanos };
    });
    return this.book.reserve(asked, call.at);
  }
}

type Costed = Pick<Call, 'operation' | 'request'>;

/** What is reserved, in nano-dollars. */
const COSTS: Readonly<Record<BudgetMode, (call: Costed, plan: Plan) => number>> = {
  strict: mostCost,
  balanced: likelyCost,
};

/** At the dearest of those who may be asked; one that is ejected may be, when all others have failed. */
function mostCost(call: Costed, { steps, passedOver }: Plan): number {
  const bound = boundOf(call);
  let most = 0;
  for (const { target } of steps) most = Math.max(most, worstCost(bound, target));
  for (const { target, reason } of passedOver)
    if (reason !== 'unsupported') most = Math.max(most, worstCost(bound, target));
  return most;
}

/** Few answers are longer, and what a call names is a bound: most name far more than they get. */
const LIKELY_TOKENS = 500;

/** At the first who is asked; what has no price is expected to cost nothing, since it is counted as nothing. */
function likelyCost(call: Costed, { steps: [first] }: Plan): number {
  if (!first) return 0;
  const usage = expectedUsage(call);
  const completionTokens = Math.min(usage.completionTokens, LIKELY_TOKENS);
  return Math.ceil(expectedCost({ ...usage, completionTokens }, first.target.price) ?? 0);
}
