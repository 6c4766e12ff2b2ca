import { beforeEach, describe, expect, it } from 'vitest';
import type { LimitSubject, RateLimits } from '#contract';
import { RateLimiter } from './rate-limiter.js';
import type { Admission, Refusal } from './rate-limiter.js';

let now: number;
let replicas: number;
let limiter: RateLimiter;

beforeEach(() => {
  now = 0;
  replicas = 1;
  limiter = new RateLimiter(
    () => now,
    () => replicas,
  );
});

const key = (limits: RateLimits, id = 'k'): LimitSubject => ({ kind: 'key', id, limits });
const model = (limits: RateLimits): LimitSubject => ({ kind: 'model', id: 'k', limits });

function admitted(subjects: LimitSubject[], tokens = 0): Admission {
  const verdict = limiter.admit(subjects, tokens);
  if (!verdict.isAdmitted) throw new Error(`refused: ${verdict.limit}`);
  return verdict;
}

function refused(subjects: LimitSubject[], tokens = 0): Refusal {
  const verdict = limiter.admit(subjects, tokens);
  if (verdict.isAdmitted) throw new Error('admitted');
  return verdict;
}

describe('requests per minute', () => {
  it('are no more than the limit, and waiting as long as is said is enough', () => {
    const subjects = [key({ rpm: 2 })];
    admitted(subjects).settle(0);
    now = 10_000;
    expect(admitted(subjects).standing).toEqual({
      requests: { limit: 2, remaining: 0, resetMs: 60_100 },
      tokens: undefined,
    });
    now = 10_050;
    const { waitMs, limit, standing } = refused(subjects);
    expect([limit, waitMs, standing.requests?.remaining]).toEqual(['rpm', 50_050, 0]);
    now += waitMs - 1;
    refused(subjects);
    now += 1;
    admitted(subjects);
  });

  it('are counted by kind and id, whatever the limits have become', () => {
    admitted([key({ rpm: 1 })]);
    admitted([model({ rpm: 1 })]);
    admitted([key({ rpm: 1 }, 'other')]);
    refused([key({ rpm: 1 })]);
    admitted([key({ rpm: 2 })]);
  });
});

describe('tokens per minute', () => {
  it('are what was estimated until it is known what they were', () => {
    const subjects = [key({ tpm: 100 })];
    const first = admitted(subjects, 80);
    expect(refused(subjects, 30)).toMatchObject({ limit: 'tpm', waitMs: 60_100 });
    first.settle(10);
    expect(admitted(subjects, 30).standing.tokens).toMatchObject({ limit: 100, remaining: 60 });
  });

  it('that were more than was estimated count from when that is known', () => {
    const subjects = [key({ tpm: 100 })];
    const call = admitted(subjects, 10);
    now = 50_000;
    call.settle(250);
    expect(refused(subjects).waitMs).toBe(60_100);
    expect(refused(subjects).standing.tokens?.remaining).toBe(0);
    now = 110_100;
    admitted(subjects, 100);
  });

  it('of a call that is estimated at more than the limit are all there are', () => {
    const subjects = [key({ tpm: 100 })];
    admitted(subjects, 1).settle(1);
    expect(refused(subjects, 5_000).waitMs).toBe(60_100);
    now = 60_100;
    admitted(subjects, 5_000);
    refused(subjects, 1);
  });
});

describe('calls at the same time', () => {
  it('have a place until they are settled, and give it back once', () => {
    const subjects = [key({ parallel: 2 })];
    const calls = [admitted(subjects), admitted(subjects)];
    expect(refused(subjects)).toMatchObject({ limit: 'parallel', waitMs: 1_000 });
    calls[0]?.settle(0);
    calls[0]?.settle(0);
    admitted(subjects);
    refused(subjects);
  });

  it('are not forgotten, however long they take', () => {
    const call = admitted([key({ parallel: 1 })]);
    now = 3_600_000;
    for (let count = 0; count < 10; count++) admitted([key({ rpm: 9 }, `k${count}`)]).settle(0);
    refused([key({ parallel: 1 })]);
    call.settle(0);
    admitted([key({ parallel: 1 })]);
  });
});

describe('several subjects', () => {
  it('admit a call together, or none counts it', () => {
    const tight = model({ rpm: 1 });
    const wide = key({ rpm: 2, tpm: 100, parallel: 2 });
    admitted([wide, tight], 10);
    expect(refused([wide, tight], 10).subject).toBe(tight);
    expect(admitted([wide], 10).standing).toMatchObject({
      requests: { remaining: 0 },
      tokens: { remaining: 80 },
    });
  });

  it('may be a key, its team and a model: what one refuses is charged to none', () => {
    const ofKey = key({ rpm: 10 }, 'one');
    const ofAnother = key({ rpm: 10 }, 'another');
    const team: LimitSubject = { kind: 'team', id: 'k', limits: { rpm: 2, tpm: 100 } };
    const ofModel = model({ rpm: 3 });
    expect(admitted([ofKey, team, ofModel], 40).standing).toMatchObject({
      requests: { limit: 2, remaining: 1 },
      tokens: { limit: 100, remaining: 60 },
    });
    admitted([ofAnother, team, ofModel], 40).settle(10);
    expect(refused([ofKey, team, ofModel]).subject).toBe(team);
    // The team of the same id as the model is not it.
    expect(admitted([ofModel]).standing.requests).toMatchObject({ limit: 3, remaining: 0 });
    expect(admitted([ofKey]).standing.requests).toMatchObject({ limit: 10, remaining: 8 });
  });

  it('tell of the one that is to be waited for longest, and of the least that is left', () => {
    const subjects = [key({ rpm: 1 }), model({ rpm: 5 })];
    admitted([model({ rpm: 5 })]);
    now = 20_000;
    expect(admitted(subjects).standing.requests).toMatchObject({ limit: 1, remaining: 0 });
    admitted([model({ rpm: 5 })]);
    const { waitMs, subject } = refused([key({ rpm: 1 }), model({ rpm: 2 })]);
    expect([waitMs, subject.kind]).toEqual([60_100, 'key']);
  });
});

describe('several replicas', () => {
  it('have an equal part of each limit, and at least one', () => {
    replicas = 3;
    for (let count = 0; count < 3; count++) admitted([key({ rpm: 10 })]);
    refused([key({ rpm: 10 })]);
    admitted([model({ rpm: 1 })]);
    refused([model({ rpm: 1 })]);
  });
});

describe('memory', () => {
  it('forgets who is idle, without a timer', () => {
    for (let count = 0; count < 1_000; count++) admitted([key({ rpm: 9 }, `k${count}`)]).settle(0);
    expect(limiter.size).toBe(1_000);
    now = 120_000;
    for (let count = 0; count < 500; count++) admitted([key({ rpm: 1_000 })]).settle(0);
    expect(limiter.size).toBeLessThan(5);
  });
});
