import { asksForStream } from '#contract';
import type { OperationName, Target, WireRequest } from '#contract';
import { canSpeak } from '#dialects';
import { findAdapter } from '#providers';
import { PlanRun } from '#routing';
import type { ExpectedUsage, Model, Plan, PlannedCall, Planner, RunWorld } from '#routing';
import { expectedUsage } from './expected-usage.js';
import type { ModelRegistry, ModelUser } from './model-registry.js';

const NO_FALLBACKS: readonly Model[] = [];

/** What routing looks at of a call. */
export interface RoutedCall {
  readonly operation: OperationName;
  readonly request: WireRequest;
  readonly caller: ModelUser;
  readonly wishes: { readonly takesFallbacks: boolean };
}

/** Says whom a call asks. */
export class Router {
  constructor(
    private readonly models: ModelRegistry,
    private readonly planner: Planner,
    private readonly world: RunWorld,
  ) {}

  plan(model: Model, call: RoutedCall): Plan {
    return this.planner.plan(model, this.fallbacks(model, call), new Described(call), this.world.clock());
  }

  /** The plan that a call would get; nobody's turn is taken. */
  preview(model: Model, call: RoutedCall): Plan {
    return this.planner.preview(model, this.fallbacks(model, call), new Described(call), this.world.clock());
  }

  start(plan: Plan, { request }: RoutedCall): PlanRun {
    return new PlanRun(plan, asksForStream(request.value), this.world);
  }

  private fallbacks(model: Model, { caller, wishes }: RoutedCall): readonly Model[] {
    return wishes.takesFallbacks ? this.models.fallbacksOf(model, caller) : NO_FALLBACKS;
  }
}

/** A call as planning sees it. */
class Described implements PlannedCall {
  readonly streamed: boolean;

  constructor(private readonly call: RoutedCall) {
    this.streamed = asksForStream(call.request.value);
  }

  expectedUsage(): ExpectedUsage {
    return expectedUsage(this.call);
  }

  canAnswer({ provider }: Target): boolean {
    const adapter = findAdapter(provider.type);
    return adapter !== undefined && canSpeak(this.call.operation, adapter);
  }
}
