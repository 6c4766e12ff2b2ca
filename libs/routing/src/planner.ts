import type { Target } from '#contract';
import type { ExpectedCall } from './expected-call.js';
import { DEFAULT_RETRY } from './model.js';
import type { Model } from './model.js';
import type { PassedOver, Plan, Step } from './plan.js';
import { Rotation } from './rotation.js';
import { orderTargets } from './strategies.js';
import type { Candidate, OrderContext } from './strategies.js';
import type { TargetStates } from './target-states.js';

/** What a plan is made for. */
export interface PlannedCall extends ExpectedCall {
  /** Is there a codec of the target's provider for the operation? */
  canAnswer(target: Target): boolean;
}

/** What is made of a model once. */
interface PreparedModel {
  /** Of the states: when they let go of some, this is made anew. */
  readonly generation: number;
  readonly candidates: readonly Candidate[];
  readonly rotation: Rotation;
  /** As a fallback it has turns of its own: plans count them that never come to it. */
  readonly fallbackRotation: Rotation;
  /** The plan where every target may be called; undefined: each call has its own. */
  readonly constant: Plan | undefined;
}

/** Clients make up names under a pattern. */
const MOST_ROTATIONS = 1_000;
const NONE: readonly PassedOver[] = [];

/** Makes the plans of calls: who is asked, in which order, and who is not, and why. */
export class Planner {
  private readonly prepared = new WeakMap<Model, PreparedModel>();
  private readonly rotations = new Map<string, Rotation>();

  /** @param dice a number from 0 up to 1, without 1 */
  constructor(
    private readonly states: TargetStates,
    private readonly dice: () => number,
  ) {}

  /**
   * The model's targets that may be called, by its strategy; then those of the fallbacks, each by its own. Where all
   * that there are is ejected, the one whose time ends first is asked all the same; one that is cooling never is.
   *
   * @param fallbacks what the caller may call of the model's fallbacks; their own fallbacks are not asked
   * @param now milliseconds on the clock of the states
   */
  plan(model: Model, fallbacks: readonly Model[], call: PlannedCall, now: number): Plan {
    const prepared = this.prepare(model);
    if (prepared.constant && fallbacks.length === 0 && isAllAllowed(prepared.candidates, call, now))
      return prepared.constant;
    return this.make(model, fallbacks, call, now, (rotation) => rotation);
  }

  /** The plan that a call would get, without taking its turn. */
  preview(model: Model, fallbacks: readonly Model[], call: PlannedCall, now: number): Plan {
    return this.make(model, fallbacks, call, now, (rotation) => rotation.copy());
  }

  private make(
    model: Model,
    fallbacks: readonly Model[],
    call: PlannedCall,
    now: number,
    turns: (rotation: Rotation) => Rotation,
  ): Plan {
    const draft: Draft = { steps: [], passedOver: [] };
    const { rotation } = this.prepare(model);
    this.add(draft, model, { call, rotation: turns(rotation), dice: this.dice }, now);
    for (const fallback of fallbacks) {
      const { fallbackRotation } = this.prepare(fallback);
      this.add(draft, fallback, { call, rotation: turns(fallbackRotation), dice: this.dice }, now);
    }
    if (draft.steps.length === 0) takeLastResort(draft);
    return { model: model.id, retry: model.retry ?? DEFAULT_RETRY, ...draft };
  }

  private add(draft: Draft, model: Model, context: PlanContext, now: number): void {
    const { steps, passedOver } = draft;
    const known = [...steps, ...passedOver].map(({ state }) => state);
    const allowed: Candidate[] = [];
    for (const candidate of this.prepare(model).candidates) {
      // A fallback's target that is the model's too was asked by then.
      if (known.includes(candidate.state)) continue;
      const reason = passOver(candidate, model.id, context.call, now);
      if (reason) passedOver.push(reason);
      else allowed.push(candidate);
    }
    if (allowed.length === 0) return;
    for (const placed of orderTargets(model.strategy ?? 'priority', allowed, context))
      steps.push(toStep(placed, model.id));
  }

  private prepare(model: Model): PreparedModel {
    const { generation } = this.states;
    const known = this.prepared.get(model);
    if (known?.generation === generation) return known;
    const candidates = model.targets.map((target) => ({ target, state: this.states.of(target) }));
    const prepared = {
      // What making the states let go of may be one of them.
      generation,
      candidates,
      rotation: this.rotationOf(model.id, candidates),
      fallbackRotation: this.rotationOf(`fallback ${model.id}`, candidates),
      constant: constantPlan(model, candidates, this.dice),
    };
    this.prepared.set(model, prepared);
    return prepared;
  }

  /** A model is made anew whenever something is configured, and its turns go on. */
  private rotationOf(name: string, candidates: readonly Candidate[]): Rotation {
    let rotation = this.rotations.get(name);
    if (!rotation) {
      if (this.rotations.size >= MOST_ROTATIONS) this.rotations.clear();
      rotation = new Rotation();
      this.rotations.set(name, rotation);
    }
    rotation.keep(candidates.map(({ state }) => state));
    return rotation;
  }
}

interface PlanContext extends OrderContext {
  readonly call: PlannedCall;
}

interface Draft {
  readonly steps: Step[];
  readonly passedOver: PassedOver[];
}

/** Under `priority`, and where there is one target, calls differ by the health of targets alone. */
function constantPlan(model: Model, candidates: readonly Candidate[], dice: () => number): Plan | undefined {
  const isConstant = (model.strategy ?? 'priority') === 'priority' || candidates.length === 1;
  if (!isConstant || candidates.length === 0) return undefined;
  const context = { call: NO_CALL, rotation: new Rotation(), dice };
  const steps = orderTargets('priority', candidates, context).map((placed) => toStep(placed, model.id));
  return Object.freeze({ model: model.id, retry: model.retry ?? DEFAULT_RETRY, steps, passedOver: NONE });
}

const NO_CALL: ExpectedCall = {
  streamed: false,
  expectedUsage: () => ({ promptTokens: 0, completionTokens: 0, images: 0, audioSeconds: 0, characters: 0 }),
};

function isAllAllowed(candidates: readonly Candidate[], call: PlannedCall, now: number): boolean {
  for (const { target, state } of candidates)
    if (!state.circuit.allows(now) || !call.canAnswer(target)) return false;
  return true;
}

/** Why a target is not asked; undefined: it is. */
function passOver(
  { target, state }: Candidate,
  model: string,
  call: PlannedCall,
  now: number,
): PassedOver | undefined {
  const facts = { target, state, model };
  if (!call.canAnswer(target)) return { ...facts, reason: 'unsupported', because: null, until: null };
  if (state.circuit.allows(now)) return undefined;
  const health = state.circuit.health(now);
  const reason = health.state === 'cooling' ? 'cooling' : 'ejected';
  return { ...facts, reason, because: health.reason ?? null, until: health.until };
}

function takeLastResort({ steps, passedOver }: Draft): void {
  const ejected = passedOver.filter(({ reason }) => reason === 'ejected');
  const [first] = ejected.sort((one, other) => (one.until ?? 0) - (other.until ?? 0));
  if (!first) return;
  const { target, state, model } = first;
  passedOver.splice(passedOver.indexOf(first), 1);
  steps.push({ target, state, model, score: null, reason: 'last-resort' });
}

function toStep(
  { target, state, score, reason }: Step | (Candidate & Omit<Step, 'model'>),
  model: string,
): Step {
  return { target, state, model, score, reason };
}
