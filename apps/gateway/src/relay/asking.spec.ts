import { describe, expect, it } from 'vitest';
import { CallSignal, DEFAULT_TIMEOUTS, GatewayError } from '#contract';
import type { Target } from '#contract';
import { TargetStates } from '#routing';
import type { Step } from '#routing';
import { Asking } from './asking.js';
import { ProviderLimits } from './provider-limits.js';

const provider = { id: 'p', name: 'p', type: 'x', baseUrl: 'http://x', secret: undefined, headers: {} };
const target: Target = {
  provider: { ...provider, maxParallel: 1 },
  model: 'm',
  priority: 0,
  timeouts: DEFAULT_TIMEOUTS,
};
const step: Step = { target, state: new TargetStates().of(target), model: 'm', score: 0, reason: 'priority' };

/** Asks a target that answers with this. */
function askingOf(limits: ProviderLimits, answer: () => Promise<unknown>): Asking {
  const attempts = { send: () => ({ abort: () => {}, release: () => {} }), receive: answer };
  const observers = { tally: { attempt: () => {} }, watch: { send: () => {} }, trace: undefined };
  const call = { operation: 'chat', request: { bytes: Buffer.from('{}'), value: {}, spans: {} } };
  return new Asking(attempts as never, limits, call as never, new CallSignal(), observers as never);
}

describe('a place at a provider', () => {
  it('is kept until the call is over', async () => {
    const limits = new ProviderLimits();
    const asking = askingOf(limits, async () => 'an answer');
    await asking.ask(step, false);
    expect(limits.of(target.provider)?.hasRoom).toBe(false);
    asking.end();
    expect(limits.of(target.provider)?.hasRoom).toBe(true);
  });

  it('is left when the attempt fails: the call may wait before it asks again', async () => {
    const limits = new ProviderLimits();
    const asking = askingOf(limits, async () => {
      throw new GatewayError('upstream_unavailable');
    });
    await expect(asking.ask(step, false)).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(limits.of(target.provider)?.hasRoom).toBe(true);
    asking.end();
    expect(limits.of(target.provider)?.hasRoom).toBe(true);
  });

  it('is not waited for where another target is left', async () => {
    const limits = new ProviderLimits();
    limits.of(target.provider)?.tryEnter();
    const asking = askingOf(limits, async () => 'an answer');
    await expect(asking.ask(step, true)).rejects.toMatchObject({ code: 'provider_busy' });
  });
});
