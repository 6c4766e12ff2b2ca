import type { Target } from '#contract';
import { expectedCost } from './expected-call.js';
import type { ExpectedCall } from './expected-call.js';
import type { Strategy } from './model.js';
import type { Rotation } from './rotation.js';
import type { TargetState } from './target-state.js';

/** A target that may be called, with what is known of it. */
export interface Candidate {
  readonly target: Target;
  readonly state: TargetState;
}

/** Why a target has its place: by the strategy, or to find out how fast it is. */
export type PlaceReason = Strategy | 'exploration';

export interface Placed extends Candidate {
  /** What the strategy went by (docs/routing.md); null: it knows nothing to go by. */
  readonly score: number | null;
  readonly reason: PlaceReason;
}

/** What an order depends on beside the targets. */
export interface OrderContext {
  readonly call: ExpectedCall;
  /** Of the model, for `round-robin`. */
  readonly rotation: Rotation;
  /** A number from 0 up to 1, without 1. */
  readonly dice: () => number;
}

/** Puts targets of one priority into the order in which they are asked. */
type Order = (candidates: readonly Candidate[], context: OrderContext) => Placed[];

/** The share of calls by which `least-latency` looks whether another target has become faster. */
export const EXPLORATION = 1 / 16;

const ORDERS: Readonly<Record<Strategy, Order>> = {
  priority: (candidates) => candidates.map((each) => place(each, each.target.priority, 'priority')),
  weighted: byWeight,
  'round-robin': byTurn,
  'least-latency': byLatency,
  'least-busy': byLoad,
  'lowest-cost': byCost,
};

/**
 * The order of a model's targets for one call. Priority numbers are tiers under every strategy: the strategy orders
 * the targets of one number, and none of a higher number comes before them.
 */
export function orderTargets(
  strategy: Strategy,
  candidates: readonly Candidate[],
  context: OrderContext,
): Placed[] {
  const order = ORDERS[strategy];
  const first = candidates[0]?.target.priority;
  if (candidates.every(({ target }) => target.priority === first)) return order(candidates, context);
  const tiers = [...new Set(candidates.map(({ target }) => target.priority))].sort((one, two) => one - two);
  return tiers.flatMap((tier) =>
    order(
      candidates.filter(({ target }) => target.priority === tier),
      context,
    ),
  );
}

/** At random, each place by the weights of those that are left. The score is the share of first places. */
function byWeight(candidates: readonly Candidate[], { dice }: OrderContext): Placed[] {
  const total = candidates.reduce((sum, each) => sum + weightOf(each), 0);
  return drawAll(candidates, dice).map((each) =>
    place(each, total === 0 ? 0 : weightOf(each) / total, 'weighted'),
  );
}

function byTurn(candidates: readonly Candidate[], { rotation }: OrderContext): Placed[] {
  const chosen = rotation.choose(
    candidates.map(({ state }) => state),
    candidates.map(weightOf),
  );
  const placed = candidates.map((each) => place(each, rotation.currentOf(each.state), 'round-robin'));
  const first = placed[chosen];
  const rest = placed.filter((_, at) => at !== chosen).sort(byScore(-1));
  return last((each) => weightOf(each) <= 0, first ? [first, ...rest] : rest);
}

/**
 * Fastest first. One that was never measured comes first, as long as nobody is measuring it; and a small share of
 * calls goes to another than the fastest, or one that was slow once would never be seen to have become faster.
 */
function byLatency(candidates: readonly Candidate[], { call, dice }: OrderContext): Placed[] {
  const tokens = call.streamed ? call.expectedUsage().completionTokens : 0;
  const placed = candidates.map((each) =>
    place(each, latencyOf(each.state, call.streamed, tokens), 'least-latency'),
  );
  const order = placed.sort(byScore(1));
  const unmeasured = order.filter(({ score }) => score === null);
  const isAllNew = unmeasured.length === order.length;
  if (isAllNew) return order.sort((one, other) => one.state.inFlight - other.state.inFlight).map(explore);
  const free = unmeasured.find(({ state }) => state.inFlight === 0);
  if (free) return toFront(order, free);
  if (order.length < 2 || dice() >= EXPLORATION) return order;
  const other = order[1 + Math.floor(dice() * (order.length - 1))];
  return other ? toFront(order, other) : order;
}

/** Of two that are drawn by weight, the one with less in flight for its weight; the others behind it likewise. */
function byLoad(candidates: readonly Candidate[], { dice }: OrderContext): Placed[] {
  const placed = drawAll(candidates, dice).map((each) => place(each, loadOf(each), 'least-busy'));
  const two = placed.slice(0, 2).sort(byScore(1));
  const [first, second] = last((each) => weightOf(each) <= 0, two);
  if (!first || !second) return placed;
  const rest = [second, ...placed.slice(2)].sort(byScore(1));
  return [first, ...last((each) => weightOf(each) <= 0, rest)];
}

/** Cheapest first, those without a price last. */
function byCost(candidates: readonly Candidate[], { call }: OrderContext): Placed[] {
  const usage = call.expectedUsage();
  return candidates
    .map((each) => place(each, expectedCost(usage, each.target.price) ?? null, 'lowest-cost'))
    .sort(byScore(1));
}

/** Milliseconds until the answer is complete; null: not measured. */
function latencyOf({ firstToken, whole, tokenRate }: TargetState, streamed: boolean, tokens: number) {
  if (!streamed) return whole.value ?? null;
  if (firstToken.value === undefined) return null;
  return firstToken.value + (tokenRate.value ? (tokens / tokenRate.value) * 1_000 : 0);
}

function loadOf({ state, target }: Candidate): number {
  return state.inFlight / (target.weight || 1);
}

function weightOf({ target }: Candidate): number {
  return target.weight ?? 1;
}

/** All of them, drawn one after the other by their weights; those without a weight last, as listed. */
function drawAll(candidates: readonly Candidate[], dice: () => number): Candidate[] {
  const left = candidates.filter((each) => weightOf(each) > 0);
  const drawn: Candidate[] = [];
  while (left.length > 1) drawn.push(...left.splice(draw(left, dice()), 1));
  return [...drawn, ...left, ...candidates.filter((each) => weightOf(each) <= 0)];
}

function draw(candidates: readonly Candidate[], die: number): number {
  let rest = die * candidates.reduce((sum, each) => sum + weightOf(each), 0);
  for (let at = 0; at < candidates.length - 1; at++) {
    rest -= weightOf(candidates[at] as Candidate);
    if (rest < 0) return at;
  }
  return candidates.length - 1;
}

function place({ target, state }: Candidate, score: number | null, reason: PlaceReason): Placed {
  return { target, state, score, reason };
}

function explore(placed: Placed): Placed {
  return { ...placed, reason: 'exploration' };
}

function toFront(order: readonly Placed[], first: Placed): Placed[] {
  return [explore(first), ...order.filter((each) => each !== first)];
}

/** Those that are so, behind the others. */
function last(isLast: (placed: Placed) => boolean, order: readonly Placed[]): Placed[] {
  return [...order.filter((each) => !isLast(each)), ...order.filter(isLast)];
}

/** By score, what has none last; as they are where it is equal. @param direction 1: lowest first, -1: highest first */
function byScore(direction: 1 | -1): (one: Placed, other: Placed) => number {
  return ({ score: one }, { score: other }) => {
    if (one === null || other === null) return Number(one === null) - Number(other === null);
    return (one - other) * direction;
  };
}
