import { describe, expect, it } from 'vitest';
import { Circuit } from './circuit.js';
import type { HealthChange } from './circuit.js';

const START = 1_000_000;

function fail(circuit: Circuit, times: number, now: number): void {
  for (let each = 0; each < times; each++) circuit.fail(circuit.begin(now), now);
}

function opened(now = START): Circuit {
  const circuit = new Circuit();
  fail(circuit, 5, now);
  return circuit;
}

describe('a circuit', () => {
  it('opens at the fifth failure in a row, not before', () => {
    const circuit = new Circuit();
    fail(circuit, 4, START);
    expect(circuit.allows(START)).toBe(true);
    fail(circuit, 1, START);
    expect(circuit.allows(START)).toBe(false);
    expect(circuit.health(START)).toEqual({ state: 'ejected', until: START + 5_000, reason: 'failures' });
  });

  it('begins to count anew at a success', () => {
    const circuit = new Circuit();
    fail(circuit, 4, START);
    circuit.succeed(circuit.begin(START), START);
    fail(circuit, 4, START);
    expect(circuit.allows(START)).toBe(true);
  });

  it.each([
    ['half of twenty', 10, 10, true],
    ['half of nineteen, nearly', 9, 9, false],
    ['less than half', 11, 10, false],
  ])('opens when too many of the last ten seconds fail: %s', (_, successes, failures, isOpen) => {
    const circuit = new Circuit();
    for (let each = 0; each < Math.max(successes, failures); each++) {
      if (each < successes) circuit.succeed(circuit.begin(START), START);
      if (each < failures) fail(circuit, 1, START + each);
    }
    expect(circuit.allows(START + 50)).toBe(!isOpen);
    if (isOpen) expect(circuit.health(START + 50).reason).toBe('failure-rate');
  });

  it('lets one probe in at a time when its time is over', () => {
    const circuit = opened();
    expect(circuit.allows(START + 4_999)).toBe(false);
    expect(circuit.allows(START + 5_000)).toBe(true);
    const probe = circuit.begin(START + 5_000);
    expect(circuit.allows(START + 5_000)).toBe(false);
    circuit.succeed(probe, START + 5_100);
    expect(circuit.allows(START + 5_100)).toBe(true);
    expect(circuit.health(START + 5_100).state).toBe('healthy');
  });

  it('stays open twice as long after each failed probe, up to a minute', () => {
    const circuit = opened();
    let now = START + 5_000;
    for (const openMs of [10_000, 20_000, 40_000, 60_000, 60_000]) {
      circuit.fail(circuit.begin(now), now);
      expect(circuit.health(now)).toEqual({ state: 'ejected', until: now + openMs, reason: 'failures' });
      now += openMs;
    }
    circuit.succeed(circuit.begin(now), now);
    fail(circuit, 5, now);
    expect(circuit.health(now).until).toBe(now + 5_000);
  });

  it('gives up a probe that never tells', () => {
    const circuit = opened();
    const lost = circuit.begin(START + 5_000);
    expect(circuit.allows(START + 64_999)).toBe(false);
    expect(circuit.allows(START + 65_000)).toBe(true);
    const probe = circuit.begin(START + 65_000);
    circuit.release(lost);
    expect(circuit.allows(START + 65_000)).toBe(false);
    circuit.release(probe);
    expect(circuit.allows(START + 65_000)).toBe(true);
  });

  it('hears nothing from attempts that began before it opened', () => {
    const circuit = new Circuit();
    const early = [circuit.begin(START), circuit.begin(START)] as const;
    fail(circuit, 5, START);
    circuit.succeed(early[0], START);
    expect(circuit.allows(START)).toBe(false);
    circuit.succeed(circuit.begin(START + 5_000), START + 5_000);
    circuit.reject(early[1], START + 5_001);
    expect(circuit.allows(START + 5_001)).toBe(true);
  });

  it('closes when a call that had nobody else to ask gets an answer', () => {
    const circuit = opened();
    circuit.fail(circuit.begin(START + 1), START + 1);
    expect(circuit.health(START + 1).until).toBe(START + 5_000);
    circuit.succeed(circuit.begin(START + 2), START + 2);
    expect(circuit.allows(START + 2)).toBe(true);
  });

  it('is ejected at once, and longer, for a credential that is refused', () => {
    const circuit = new Circuit();
    circuit.reject(circuit.begin(START), START);
    expect(circuit.health(START)).toEqual({ state: 'ejected', until: START + 30_000, reason: 'credentials' });
    // Calls that have nobody else do not put it off.
    circuit.reject(circuit.begin(START + 9), START + 9);
    expect(circuit.health(START + 9).until).toBe(START + 30_000);
    circuit.reject(circuit.begin(START + 30_000), START + 30_000);
    expect(circuit.health(START + 30_000).until).toBe(START + 60_000);
    circuit.fail(circuit.begin(START + 60_000), START + 60_000);
    expect(circuit.health(START + 60_000)).toMatchObject({ until: START + 70_000, reason: 'failures' });
  });

  it('cools until the time that it was told, whatever succeeds meanwhile', () => {
    const circuit = new Circuit();
    const running = circuit.begin(START);
    circuit.cool(START + 7_000, 'rate-limit', START);
    circuit.cool(START + 3_000, 'unavailable', START);
    circuit.succeed(running, START + 1);
    expect(circuit.health(START + 6_999)).toEqual({
      state: 'cooling',
      until: START + 7_000,
      reason: 'rate-limit',
    });
    expect(circuit.allows(START + 6_999)).toBe(false);
    expect(circuit.allows(START + 7_000)).toBe(true);
  });
});

describe('what a circuit tells', () => {
  function listened(): { circuit: Circuit; told: HealthChange[] } {
    const told: HealthChange[] = [];
    return { circuit: new Circuit((change) => told.push(change)), told };
  }

  it('is when it opens, stays open, and closes', () => {
    const { circuit, told } = listened();
    fail(circuit, 9, START);
    circuit.fail(circuit.begin(START + 5_000), START + 5_000);
    circuit.succeed(circuit.begin(START + 15_000), START + 15_000);
    expect(told).toEqual([
      { state: 'ejected', until: START + 5_000, reason: 'failures' },
      { state: 'ejected', until: START + 15_000, reason: 'failures' },
      { state: 'healthy', until: 0, reason: undefined },
    ]);
  });

  it('is a cooldown once, and again when it grows by a second', () => {
    const { circuit, told } = listened();
    for (const until of [5_000, 5_000, 5_400, 4_000, 6_400]) circuit.cool(START + until, 'rate-limit', START);
    expect(told.map(({ until }) => until - START)).toEqual([5_000, 6_400]);
  });

  it('is not what it was told', () => {
    const { circuit, told } = listened();
    circuit.adopt({ state: 'ejected', until: START + 9_000, reason: 'credentials' });
    expect(circuit.health(START).until).toBe(START + 9_000);
    circuit.adopt({ state: 'ejected', until: START + 8_000, reason: 'failures' });
    expect(circuit.health(START)).toMatchObject({ until: START + 9_000, reason: 'credentials' });
    circuit.adopt({ state: 'cooling', until: START + 2_000, reason: 'unavailable' });
    expect(circuit.health(START)).toMatchObject({ state: 'cooling', reason: 'unavailable' });
    circuit.adopt({ state: 'healthy', until: 0, reason: undefined });
    expect([circuit.isCooling(START), circuit.health(START + 2_000).state]).toEqual([true, 'healthy']);
    expect(told).toEqual([]);
  });
});
