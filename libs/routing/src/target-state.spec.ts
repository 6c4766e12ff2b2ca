import { describe, expect, it } from 'vitest';
import { ERRORS, GatewayError } from '#contract';
import type { ErrorCode, ErrorDetails, Provider } from '#contract';
import type { HealthChange } from './circuit.js';
import { TargetState } from './target-state.js';

const PROVIDER: Provider = {
  id: 'p',
  name: 'p',
  type: 'x',
  baseUrl: 'http://x',
  secret: 's',
  headers: {},
};
const NOW = 1_000_000;
const upstream = (code: string | null) => ({ status: 429, code, message: 'm', param: null });

function stateWith(told: HealthChange[] = []): TargetState {
  return new TargetState(PROVIDER, 'm', (_, change) => told.push(change));
}

function fail(state: TargetState, code: ErrorCode, details: ErrorDetails = {}, times = 1): void {
  for (let each = 0; each < times; each++) {
    state.fail(state.begin(false, NOW), new GatewayError(code, details), NOW);
    state.leave();
  }
}

describe('what an error says of a target', () => {
  const PLAIN = ['upstream_unavailable', 'upstream_timeout', 'rate_limit_exceeded'];

  it.each(PLAIN as ErrorCode[])('%s five times: it is ejected', (code) => {
    const state = stateWith();
    fail(state, code, {}, 4);
    expect(state.circuit.allows(NOW)).toBe(true);
    fail(state, code);
    expect(state.circuit.health(NOW)).toMatchObject({ state: 'ejected', reason: 'failures' });
    expect([state.failures, state.ejections, state.attempts, state.inFlight]).toEqual([5, 1, 5, 0]);
  });

  const NOTHING = (Object.keys(ERRORS) as ErrorCode[]).filter(
    (code) => ![...PLAIN, 'upstream_rejected'].includes(code),
  );
  it.each(NOTHING)('%s, however often: nothing', (code) => {
    const told: HealthChange[] = [];
    const state = stateWith(told);
    fail(state, code, { retryAfter: 5 }, 30);
    expect([state.circuit.allows(NOW), state.failures, told]).toEqual([true, 0, []]);
  });

  it.each([401, 402, 403, undefined])(
    'a credential that is refused (%s): ejected at once',
    (upstreamStatus) => {
      const state = stateWith();
      fail(state, 'upstream_rejected', { upstreamStatus });
      expect(state.circuit.health(NOW)).toMatchObject({ until: NOW + 30_000, reason: 'credentials' });
    },
  );

  it('an account that is spent: the same', () => {
    const state = stateWith();
    fail(state, 'rate_limit_exceeded', { upstream: upstream('insufficient_quota'), retryAfter: 1 });
    expect(state.circuit.health(NOW)).toMatchObject({ state: 'ejected', reason: 'credentials' });
  });

  it('an address or a name that is not there (404): a failure like any other', () => {
    const state = stateWith();
    fail(state, 'upstream_rejected', { upstreamStatus: 404 }, 4);
    expect(state.circuit.allows(NOW)).toBe(true);
    fail(state, 'upstream_rejected', { upstreamStatus: 404 });
    expect(state.circuit.health(NOW).reason).toBe('failures');
  });

  it('a rate limit that says when to come back: left alone until then, and no failure', () => {
    const told: HealthChange[] = [];
    const state = stateWith(told);
    fail(state, 'rate_limit_exceeded', { upstream: upstream(null), retryAfter: 7 }, 9);
    expect(state.circuit.allows(NOW + 6_999)).toBe(false);
    expect(state.circuit.allows(NOW + 7_000)).toBe(true);
    expect(told).toEqual([{ state: 'cooling', until: NOW + 7_000, reason: 'rate-limit' }]);
  });

  it('a 503 that says when to come back: left alone until then, and a failure', () => {
    const state = stateWith();
    fail(state, 'upstream_unavailable', { retryAfter: 60 }, 5);
    expect(state.circuit.health(NOW)).toEqual({
      state: 'cooling',
      until: NOW + 60_000,
      reason: 'unavailable',
    });
    expect(state.circuit.health(NOW + 60_000).state).toBe('ejected');
  });

  it('a probe that ends without a word is let go of', () => {
    const state = stateWith();
    fail(state, 'upstream_timeout', {}, 5);
    const later = NOW + 5_000;
    const probe = state.begin(false, later);
    expect(state.circuit.allows(later)).toBe(false);
    state.fail(probe, new GatewayError('client_closed_request'), later);
    expect(state.circuit.allows(later)).toBe(true);
  });
});

describe('what is known of a target', () => {
  it('is how many are in flight, until they leave', () => {
    const state = stateWith();
    const tickets = [state.begin(false, NOW), state.begin(false, NOW)];
    for (const ticket of tickets) state.succeed(ticket, true, 5, NOW);
    expect(state.inFlight).toBe(2);
    state.leave();
    expect(state.inFlight).toBe(1);
  });

  it('is how fast it answers, streamed and whole apart', () => {
    const state = stateWith();
    state.succeed(state.begin(false, NOW), true, 200, NOW);
    state.succeed(state.begin(false, NOW), false, 4_000, NOW);
    expect([state.firstToken.value, state.whole.value]).toEqual([200, 4_000]);
  });

  it('is how often it may be asked again: by calls, not by retries', () => {
    const state = stateWith();
    for (let call = 0; call < 20; call++) state.begin(false, NOW);
    for (let retry = 0; retry < 80; retry++) state.begin(true, NOW);
    const granted = Array.from({ length: 30 }, () => state.budget.take(0.2, NOW)).filter(Boolean);
    expect(granted).toHaveLength(4);
  });

  it.each([
    ['another credential', { ...PROVIDER, secret: 't' }, 'healthy'],
    ['another address', { ...PROVIDER, baseUrl: 'http://y' }, 'healthy'],
    ['another name', { ...PROVIDER, name: 'q' }, 'ejected'],
  ])('%s of its provider: %s', (_, provider, expected) => {
    const state = stateWith();
    fail(state, 'upstream_rejected');
    state.follow(provider);
    expect([state.provider, state.circuit.health(NOW).state]).toEqual([provider, expected]);
  });
});
