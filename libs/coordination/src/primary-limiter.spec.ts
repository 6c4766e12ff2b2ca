import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LimitSubject, RateLimits } from '#contract';
import { RateLimiter } from '#metering';
import type { Admission, Refusal } from '#metering';
import { LimitServer } from './limit-server.js';
import type { LimitQuestions } from './limit-server.js';
import { PrimaryLimiter } from './primary-limiter.js';

let now = 0;
beforeEach(() => {
  now = 0;
  vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate'] });
});
afterEach(() => vi.useRealTimers());

const subject = (limits: RateLimits, id = 'k'): LimitSubject => ({ kind: 'key', id, limits });
const clock = (): number => now;
const never = (): boolean => false;

/** So many workers of one gateway, and how the primary answers: as messages do, later and as copies. */
interface Circumstances {
  readonly replicas?: () => number | undefined;
  readonly isMute?: () => boolean;
  readonly isGone?: () => boolean;
}
function workers(count: number, { replicas = () => 1, isMute = never, isGone = never }: Circumstances = {}) {
  const server = new LimitServer((each) => new RateLimiter(clock, each));
  const messages: LimitQuestions[] = [];
  const faults: unknown[] = [];
  const limiters = Array.from({ length: count }, (_, worker): PrimaryLimiter => {
    const limiter: PrimaryLimiter = new PrimaryLimiter({
      send: (questions) => {
        if (isGone()) throw new Error('The channel is closed.');
        messages.push(questions);
        const answers = structuredClone(server.answer(worker, structuredClone(questions)));
        if (!isMute()) setImmediate(() => limiter.receive(answers));
      },
      local: new RateLimiter(clock, () => (replicas() ?? 2) * count),
      replicas,
      report: { failed: (error) => faults.push(error), recovered: () => {} },
      clock,
    });
    return limiter;
  });
  return { server, messages, faults, limiters, at: (index: number) => limiters[index] as PrimaryLimiter };
}

async function verdicts(asked: readonly ReturnType<PrimaryLimiter['admit']>[]) {
  const all = Promise.all(asked);
  await vi.advanceTimersByTimeAsync(5);
  return all;
}

const isAdmitted = (verdict: Admission | Refusal): verdict is Admission => verdict.isAdmitted;
const countOf = (all: readonly (Admission | Refusal)[]): number => all.filter(isAdmitted).length;

describe('the limits of several workers', () => {
  it('hold to the call, whoever is called', async () => {
    const { limiters } = workers(3);
    const asked = Array.from({ length: 60 }, (_, call) =>
      limiters[call % 3]?.admit([subject({ rpm: 20 })], 1),
    );
    expect(countOf(await verdicts(asked as Promise<Admission>[]))).toBe(20);
    const one = Array.from({ length: 9 }, () => limiters[1]?.admit([subject({ rpm: 7 }, 'other')], 1));
    expect(countOf(await verdicts(one as Promise<Admission>[]))).toBe(7);
  });

  it('are told as one process tells them', async () => {
    const { at } = workers(2);
    const both = [subject({ parallel: 9 }, 'a'), subject({ rpm: 1 }, 'b')];
    const [first, second] = await verdicts([at(0).admit(both, 1), at(1).admit(both, 1)]);
    expect(first).toMatchObject({ isAdmitted: true, standing: { requests: { limit: 1, remaining: 0 } } });
    expect(second).toMatchObject({ isAdmitted: false, limit: 'rpm', waitMs: 60_100, subject: both[1] });
  });

  it('are one message for all that comes in one turn', async () => {
    const { messages, at } = workers(1);
    const asked = [1, 2, 3].map(() => at(0).admit([subject({ rpm: 5 })], 1));
    const admitted = await verdicts(asked);
    for (const each of admitted) if (isAdmitted(each)) each.settle(1);
    await vi.advanceTimersByTimeAsync(5);
    expect(messages.map(({ asked, settled }) => [asked.length, settled.length])).toEqual([
      [3, 0],
      [0, 3],
    ]);
  });

  it('give back what was not used, and the place, once', async () => {
    const { at } = workers(2);
    const limits = subject({ tpm: 100, parallel: 1 });
    const [first] = await verdicts([at(0).admit([limits], 90)]);
    expect(countOf(await verdicts([at(1).admit([limits], 50)]))).toBe(0);
    for (const used of [10, 0]) (first as Admission).settle(used);
    await vi.advanceTimersByTimeAsync(5);
    const [second] = await verdicts([at(1).admit([limits], 50)]);
    expect(second).toMatchObject({ isAdmitted: true, standing: { tokens: { remaining: 40 } } });
  });

  it.each<[string, number[], number]>([
    ['there are two', [2], 10],
    ['nobody has counted yet', [], 10],
    ['there is one, and a new worker does not know it yet', [1], 20],
  ])('are the equal part of several gateways where %s', async (_, told, expected) => {
    const { limiters, at } = workers(2, { replicas: () => told.shift() });
    if (told.length > 0) await verdicts([at(0).admit([subject({ rpm: 1 }, 'other')], 1)]);
    const asked = Array.from({ length: 30 }, (_, call) =>
      limiters[call % 2]?.admit([subject({ rpm: 20 })], 1),
    );
    expect(countOf(await verdicts(asked as Promise<Admission>[]))).toBe(expected);
  });

  it('free the places of a worker that died, and keep what it may have used', async () => {
    const { server, at } = workers(2);
    const limits = subject({ tpm: 100, parallel: 1 });
    await verdicts([at(0).admit([limits], 60)]);
    server.forget(0);
    const [next] = await verdicts([at(1).admit([limits], 30)]);
    expect(next).toMatchObject({ isAdmitted: true, standing: { tokens: { remaining: 10 } } });
  });
});

describe('a primary that does not answer', () => {
  it('is waited for, then left alone for a second, while each worker has its part', async () => {
    let isMute = true;
    const { at, faults, messages } = workers(2, { isMute: () => isMute });
    const asked = Promise.all(Array.from({ length: 9 }, () => at(0).admit([subject({ rpm: 4 })], 1)));
    await vi.advanceTimersByTimeAsync(1_005);
    expect(countOf(await asked)).toBe(2);
    expect(faults).toHaveLength(1);
    // What it may have admitted meanwhile is taken back.
    expect(messages.at(-1)?.settled).toHaveLength(9);
    const sent = messages.length;
    expect(at(0).admit([subject({ rpm: 4 })], 1)).toMatchObject({ isAdmitted: false });
    expect(messages).toHaveLength(sent);
    isMute = false;
    now = 1_001;
    expect(countOf(await verdicts([at(1).admit([subject({ rpm: 4 }, 'other')], 1)]))).toBe(1);
    expect(countOf(await verdicts([at(0).admit([subject({ rpm: 4 }, 'other')], 1)]))).toBe(1);
  });

  it('counts no place for a call that did not wait for it', async () => {
    let isMute = true;
    const { at } = workers(1, { isMute: () => isMute });
    const limits = subject({ parallel: 1 });
    const asked = at(0).admit([limits], 1);
    await vi.advanceTimersByTimeAsync(1_005);
    ((await asked) as Admission).settle(1);
    isMute = false;
    now = 1_001;
    expect(countOf(await verdicts([at(0).admit([limits], 1)]))).toBe(1);
  });

  it.each(['told', 'found out'])('is gone for good when that is %s', async (how) => {
    let isGone = false;
    const { at } = workers(2, { isMute: () => true, isGone: () => isGone });
    const asked = Promise.all(Array.from({ length: 9 }, () => at(0).admit([subject({ rpm: 4 })], 1)));
    if (how === 'told') at(0).lose();
    else isGone = true;
    await vi.advanceTimersByTimeAsync(5);
    expect(countOf(await asked)).toBe(2);
    expect(at(0).admit([subject({ rpm: 4 })], 1)).toMatchObject({ isAdmitted: false });
  });

  it('has counted for this worker what it let through before', async () => {
    const { at } = workers(2);
    const limits = subject({ rpm: 4 });
    await verdicts([at(0).admit([limits], 1), at(0).admit([limits], 1)]);
    at(0).lose();
    expect(at(0).admit([limits], 1)).toMatchObject({ isAdmitted: false });
  });
});
