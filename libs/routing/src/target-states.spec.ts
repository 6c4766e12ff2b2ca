import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS, GatewayError } from '#contract';
import type { Target } from '#contract';
import type { HealthChange } from './circuit.js';
import { TargetStates } from './target-states.js';

const NOW = 1_000_000;

function target(model: string, providerId = 'p', name = 'openai'): Target {
  const provider = { id: providerId, name, type: 'x', baseUrl: 'http://x', secret: undefined, headers: {} };
  return { provider, model, priority: 0, timeouts: DEFAULT_TIMEOUTS };
}

function eject(states: TargetStates, one: Target): void {
  const state = states.of(one);
  state.fail(state.begin(false, NOW), new GatewayError('upstream_rejected'), NOW);
  state.leave();
}

describe('the states of targets', () => {
  it('are by provider and upstream model, whatever objects tell of them', () => {
    const states = new TargetStates();
    const one = target('m');
    expect(states.of(one)).toBe(states.of(one));
    expect(states.of({ ...target('m'), priority: 7 })).toBe(states.of(one));
    expect(states.of(target('m', 'q'))).not.toBe(states.of(one));
    expect(states.of(target('n'))).not.toBe(states.of(one));
    expect(states.size).toBe(3);
  });

  it('are listed as operators see them', () => {
    const states = new TargetStates();
    states.of(target('good')).succeed(states.of(target('good')).begin(false, NOW), true, 120, NOW);
    eject(states, target('bad'));
    states.of(target('tired')).circuit.cool(NOW + 7_000, 'rate-limit', NOW);
    const list = states.list(NOW + 1_000);
    expect(list.map((each) => [each.model, each.state, each.reason, each.remainingMs])).toEqual([
      ['good', 'healthy', null, null],
      ['bad', 'ejected', 'credentials', 29_000],
      ['tired', 'cooling', 'rate-limit', 6_000],
    ]);
    expect(list[0]).toMatchObject({ provider: 'openai', inFlight: 1, attempts: 1, firstTokenMs: 120 });
    expect(list[1]).toMatchObject({ failures: 1, ejections: 1, firstTokenMs: null, tokensPerSecond: null });
  });

  it('follow a provider that is renamed', () => {
    const states = new TargetStates();
    states.of(target('m'));
    states.of(target('m', 'p', 'renamed'));
    expect(states.list(NOW).map(({ provider }) => provider)).toEqual(['renamed']);
  });

  it('tell of changes, with whose they are; not of those that they were told', () => {
    const told: [string, HealthChange][] = [];
    const states = new TargetStates((state, change) => told.push([state.model, change]));
    states.of(target('other'));
    eject(states, target('m'));
    states.adopt('p', 'other', { state: 'ejected', until: NOW + 9_000, reason: 'failures' });
    states.adopt('p', 'unknown', { state: 'ejected', until: NOW + 9_000, reason: 'failures' });
    expect(told).toEqual([['m', { state: 'ejected', until: NOW + 30_000, reason: 'credentials' }]]);
    expect(states.get('p', 'other')?.circuit.allows(NOW)).toBe(false);
    expect(states.get('p', 'unknown')).toBeUndefined();
    expect(states.of(target('unknown')).circuit.allows(NOW)).toBe(false);
  });

  it('is heard before the first call here, unless it is over', () => {
    const states = new TargetStates(undefined, 3);
    const cooling = { state: 'cooling', until: NOW + 3_000, reason: 'rate-limit' } as const;
    for (const model of ['dropped', 'a', 'b', 'c']) states.adopt('p', model, cooling);
    states.adopt('p', 'b', { state: 'healthy', until: 0, reason: undefined });
    expect(states.size).toBe(0);
    const allowed = ['dropped', 'a', 'b', 'c'].map((model) => states.of(target(model)).circuit.allows(NOW));
    expect(allowed).toEqual([true, false, true, false]);
    expect(states.of(target('a')).circuit.allows(NOW + 3_000)).toBe(true);
  });
});

describe('too many states', () => {
  it('are let go of, the oldest first, but not what is busy or not well', () => {
    const states = new TargetStates(undefined, 20);
    const targets = Array.from({ length: 20 }, (_, at) => target(String(at)));
    const known = targets.map((each) => states.of(each));
    states.of(target('0')).begin(false, NOW);
    eject(states, target('1'));
    expect(states.generation).toBe(0);
    states.of(target('new'));
    expect([states.size, states.generation]).toEqual([19, 1]);
    const kept = targets
      .filter((each, at) => states.get('p', each.model) === known[at])
      .map(({ model }) => model);
    expect(kept.slice(0, 4)).toEqual(['0', '1', '4', '5']);
  });

  it('are bounded when none is well', () => {
    const states = new TargetStates(undefined, 20);
    for (let at = 0; at < 100; at++) eject(states, target(String(at)));
    expect(states.size).toBeLessThanOrEqual(20);
  });
});
