import { describe, expect, it, vi } from 'vitest';
import { Breaker } from './breaker.js';

const outage = new Error('connection refused');
const never = () => new Promise<never>(() => {});

function makeBreaker() {
  const probe = vi.fn(async () => {});
  const onChange = vi.fn();
  const isOutage = (error: unknown) => error === outage;
  const breaker = new Breaker({ probe, isOutage, onChange, probeMs: 20, everyMs: 20 });
  const failing = () => breaker.run(() => Promise.reject(outage), 1_000);
  return { breaker, probe, onChange, failing };
}

const away = { code: 'service_unavailable', retryAfter: 1 };

describe('Breaker', () => {
  it('lets answers and errors through, and an error of the question is no outage', async () => {
    const { breaker, probe } = makeBreaker();
    expect(await breaker.run(async () => 7, 1_000)).toBe(7);
    await expect(breaker.run(() => Promise.reject(new Error('no such row')), 1_000)).rejects.toThrow(
      'no such',
    );
    expect(probe).not.toHaveBeenCalled();
    expect(breaker.state).toBe('closed');
  });

  it('stays closed when a failure was one connection’s', async () => {
    const { breaker, probe, failing, onChange } = makeBreaker();
    await expect(failing()).rejects.toBe(outage);
    await vi.waitFor(() => expect(probe).toHaveBeenCalledOnce());
    await new Promise(setImmediate);
    expect(breaker.state).toBe('closed');
    expect(onChange).not.toHaveBeenCalled();
  });

  it('refuses at once when the probe failed, and asks nobody until a probe succeeds', async () => {
    const { breaker, probe, failing, onChange } = makeBreaker();
    probe.mockRejectedValue(outage);
    await expect(failing()).rejects.toBe(outage);
    await vi.waitFor(() => expect(breaker.state).toBe('open'));
    const work = vi.fn(async () => 1);
    await expect(breaker.run(work, 1_000)).rejects.toMatchObject(away);
    expect(work).not.toHaveBeenCalled();
    await vi.waitFor(() => expect(probe.mock.calls.length).toBeGreaterThan(3));
    expect(onChange.mock.calls).toEqual([['open']]);
    probe.mockResolvedValue(undefined);
    await vi.waitFor(() => expect(breaker.state).toBe('closed'));
    expect(await breaker.run(work, 1_000)).toBe(1);
    expect(onChange.mock.calls).toEqual([['open'], ['closed']]);
    breaker.close();
  });

  it('gives up what takes too long, and with it everybody who waits once the probe hangs too', async () => {
    const { breaker, probe } = makeBreaker();
    probe.mockImplementation(never);
    const patient = breaker.run(never, 60_000);
    await expect(breaker.run(never, 10)).rejects.toMatchObject(away);
    await expect(patient).rejects.toMatchObject(away);
    expect(breaker.state).toBe('open');
    breaker.close();
  });

  it('has one probe at a time, whoever fails', async () => {
    const { breaker, probe, failing } = makeBreaker();
    let answer: () => void = () => {};
    probe.mockImplementation(() => new Promise<void>((resolve) => (answer = resolve)));
    await Promise.allSettled(Array.from({ length: 20 }, failing));
    expect(probe).toHaveBeenCalledOnce();
    answer();
    await new Promise(setImmediate);
    expect(breaker.state).toBe('closed');
  });
});
