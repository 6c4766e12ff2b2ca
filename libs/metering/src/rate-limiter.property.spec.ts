import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LimitSubject, RateLimits } from '#contract';
import { RateLimiter } from './rate-limiter.js';
import type { Admission } from './rate-limiter.js';

const limits: fc.Arbitrary<RateLimits> = fc.record(
  {
    rpm: fc.integer({ min: 1, max: 6 }),
    tpm: fc.integer({ min: 1, max: 200 }),
    parallel: fc.integer({ min: 1, max: 4 }),
  },
  { requiredKeys: [] },
);

/** A call, or the end of one of those that are open, some time after the one before. */
const step = fc.record({
  after: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 40_000 })),
  who: fc.constantFrom<('key' | 'model')[]>(['key'], ['model'], ['key', 'model']),
  tokens: fc.integer({ min: 0, max: 250 }),
  ends: fc.option(fc.nat(), { nil: undefined }),
});

interface Seen {
  readonly at: number;
  readonly who: readonly string[];
  readonly tokens: number;
}

describe('RateLimiter', () => {
  it('never lets any 60 seconds hold more than a limit, and forgets no call that is over', () => {
    fc.assert(
      fc.property(limits, limits, fc.array(step, { maxLength: 120 }), (ofKey, ofModel, steps) => {
        let now = 0;
        const limiter = new RateLimiter(() => now);
        const subjects: Record<string, LimitSubject> = {
          key: { kind: 'key', id: 'a', limits: ofKey },
          model: { kind: 'model', id: 'a', limits: ofModel },
        };
        const open: { call: Admission; who: readonly string[]; tokens: number }[] = [];
        const seen: Seen[] = [];
        for (const { after, who, tokens, ends } of steps) {
          now += after;
          if (ends !== undefined && open.length > 0) {
            const [ended] = open.splice(ends % open.length, 1);
            // As much as was estimated: only then is the bound on tokens exact.
            ended?.call.settle(ended.tokens);
            continue;
          }
          const asked = who.map((name) => subjects[name] as LimitSubject);
          const most = Math.min(...asked.map((subject) => subject.limits.tpm ?? tokens));
          const estimate = Math.min(tokens, most);
          const verdict = limiter.admit(asked, estimate);
          if (!verdict.isAdmitted) {
            expect(verdict.waitMs).toBeGreaterThan(0);
            continue;
          }
          open.push({ call: verdict, who, tokens: estimate });
          seen.push({ at: now, who, tokens: estimate });
          for (const name of who) holds(name, subjects[name]?.limits ?? {}, seen, open, now);
        }
        for (const { call, tokens } of open) call.settle(tokens);
        now += 60_100;
        // Everything is over: all that there is to have can be had again.
        for (const { kind, id, limits: all } of Object.values(subjects)) {
          for (let count = 0; count < (all.parallel ?? 1); count++) {
            const only = { kind, id, limits: { parallel: all.parallel } };
            expect(limiter.admit([only], 0).isAdmitted).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

function holds(
  name: string,
  { rpm, tpm, parallel }: RateLimits,
  seen: readonly Seen[],
  open: readonly { readonly who: readonly string[] }[],
  now: number,
): void {
  const window = seen.filter(({ at, who }) => who.includes(name) && at > now - 60_000);
  expect(window.length).toBeLessThanOrEqual(rpm ?? Infinity);
  expect(window.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThanOrEqual(tpm ?? Infinity);
  expect(open.filter(({ who }) => who.includes(name)).length).toBeLessThanOrEqual(parallel ?? Infinity);
}
