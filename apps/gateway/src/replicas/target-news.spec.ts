import { describe, expect, it } from 'vitest';
import type { Change } from '#coordination';
import { DEFAULT_TIMEOUTS, GatewayError } from '#contract';
import type { Target } from '#contract';
import { TargetStates } from '#routing';
import { shareTargetNews } from './target-news.js';

const provider = { id: 'p', name: 'p', type: 'x', baseUrl: 'http://x', secret: undefined, headers: {} };
const target: Target = { provider, model: 'm', priority: 0, timeouts: DEFAULT_TIMEOUTS };

/** Gateways that hear each other, each with a clock of its own. */
function gateways(...clocks: number[]): TargetStates[] {
  const hearers: ((change: Change) => boolean)[] = [];
  const tell = (change: Change): void => hearers.forEach((hear) => hear(change));
  return clocks.map((now) => {
    const states = new TargetStates();
    states.of(target);
    shareTargetNews({ hear: (hear) => void hearers.push(hear), tell }, states, () => now);
    return states;
  });
}

function failFive(states: TargetStates, now: number): void {
  const state = states.of(target);
  for (let count = 0; count < 5; count++) {
    state.fail(state.begin(false, now), new GatewayError('upstream_unavailable'), now);
    state.leave();
  }
}

describe('what a gateway finds out of a target', () => {
  it('is known to the others, by their own clocks', () => {
    const [one, other] = gateways(1_000, 500_000) as [TargetStates, TargetStates];
    failFive(one, 1_000);
    expect(one.of(target).circuit.health(1_000)).toEqual({
      state: 'ejected',
      until: 6_000,
      reason: 'failures',
    });
    expect(other.of(target).circuit.health(500_000)).toEqual({
      state: 'ejected',
      until: 505_000,
      reason: 'failures',
    });
  });

  it('and so is its end', () => {
    const [one, other] = gateways(1_000, 500_000) as [TargetStates, TargetStates];
    failFive(one, 1_000);
    const state = one.of(target);
    state.succeed(state.begin(false, 7_000), false, 1, 7_000);
    expect(other.of(target).circuit.allows(500_000)).toBe(true);
  });

  it('a rate limit is one for all', () => {
    const [one, other] = gateways(1_000, 500_000) as [TargetStates, TargetStates];
    const state = one.of(target);
    const limit = new GatewayError('rate_limit_exceeded', { retryAfter: 20 });
    state.fail(state.begin(false, 1_000), limit, 1_000);
    expect(other.of(target).circuit.health(500_000)).toMatchObject({ state: 'cooling', until: 520_000 });
  });

  it('is not news to itself', () => {
    const [one] = gateways(1_000) as [TargetStates];
    failFive(one, 1_000);
    expect(one.of(target).ejections).toBe(1);
  });
});
