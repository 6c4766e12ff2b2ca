import type { Target } from '#contract';
import { boundedText } from '#metering';
import type { PassedOver, Plan, Step } from '#routing';

/** A plan of all targets of all fallbacks would be longer than anybody reads. */
const MOST_ENTRIES = 20;

/** A plan as the admin API shows it. */
export function describePlan({ steps, passedOver }: Plan) {
  return {
    plan: steps.slice(0, MOST_ENTRIES).map(describeStep),
    passed_over: passedOver.slice(0, MOST_ENTRIES).map(describePassedOver),
  };
}

export function describeStep({ target, model, score, reason }: Step) {
  return { ...nameOf(target, model), score, reason };
}

export function describePassedOver({ target, model, reason, because }: PassedOver) {
  return { ...nameOf(target, model), reason, because };
}

/** Under a pattern both models are a client's text. */
export function nameOf({ provider, model }: Target, asked: string) {
  return { model: boundedText(asked), provider: provider.name, upstream_model: boundedText(model) };
}
