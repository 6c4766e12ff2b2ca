import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS, ERRORS, GatewayError } from '#contract';
import type { ErrorCode, Target } from '#contract';
import { PlanRun } from './plan-run.js';
import { Planner } from './planner.js';
import type { Step } from './plan.js';
import { TargetStates } from './target-states.js';

const USAGE = { promptTokens: 1, completionTokens: 1, images: 0, audioSeconds: 0, characters: 0 };
const CALL = { streamed: true, expectedUsage: () => USAGE, canAnswer: () => true };

function target(model: string, id: string): Target {
  const provider = { id, name: id, type: 'x', baseUrl: 'http://x', secret: undefined, headers: {} };
  return { provider, model, priority: 0, timeouts: DEFAULT_TIMEOUTS };
}

const outcome = fc.record({
  code: fc.constantFrom<ErrorCode | undefined>(
    undefined,
    'upstream_unavailable',
    'upstream_unavailable',
    'upstream_timeout',
    'rate_limit_exceeded',
    'upstream_rejected',
    'upstream_refused',
    'context_length_exceeded',
    'client_closed_request',
  ),
  retryAfter: fc.constantFrom(undefined, undefined, undefined, 0.5, 20),
  ms: fc.nat(400),
});
type Outcome = typeof outcome extends fc.Arbitrary<infer Value> ? Value : never;

/** One attempt as it was seen from outside. */
interface Seen {
  readonly step: Step;
  readonly code: ErrorCode | undefined;
  readonly at: number;
}

interface Played {
  readonly states: TargetStates;
  /** Of each call, what it asked. */
  readonly calls: Seen[][];
}

/** Calls one after the other, each target failing as the outcomes say. */
async function play(outcomes: readonly Outcome[], calls: number, retry = { attempts: 3, budgetRatio: 0.2 }) {
  const targets = [target('m', 'p'), target('m', 'q'), target('n', 'q')];
  const states = new TargetStates();
  const planner = new Planner(states, () => 0.5);
  const model = { id: 'main', ownedBy: 'x', created: 0, targets, retry };
  const played: Played = { states, calls: [] };
  let now = 50_000;
  let at = 0;
  for (let call = 0; call < calls; call++) {
    now += 100;
    const run = new PlanRun(planner.plan(model, [], CALL, now), true, { clock: () => now, dice: () => 0.5 });
    const seen: Seen[] = [];
    const attempt = async (step: Step): Promise<void> => {
      const { code, retryAfter, ms } = outcomes[at++ % outcomes.length] as Outcome;
      seen.push({ step, code, at: now });
      // A target that said when to come back is left alone until then: checked where it is called.
      if (step.state.circuit.isCooling(now)) throw new Error('called while cooling');
      now += ms;
      if (code) throw new GatewayError(code, { retryAfter });
    };
    const sleep = async (ms: number): Promise<void> => void (now += ms);
    const error: unknown = await run.run(attempt, sleep).catch((thrown: unknown) => thrown);
    if (error instanceof GatewayError && error.code === 'server_error') throw error.cause;
    run.finish();
    played.calls.push(seen);
  }
  return played;
}

describe('any calls to targets that fail anyhow', { timeout: 60_000 }, () => {
  it('go by the error table, within their attempts, and leave nothing in flight', async () => {
    const many = fc.array(outcome, { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(many, fc.integer({ min: 1, max: 5 }), async (outcomes, attempts) => {
        const { states, calls } = await play(outcomes, 30, { attempts, budgetRatio: 0.2 });
        for (const seen of calls) {
          expect(seen.length).toBeLessThanOrEqual(attempts);
          for (const [place, { step, code }] of seen.entries()) {
            const next = seen[place + 1]?.step;
            if (!next) break;
            const retry = code && ERRORS[code].retry;
            if (!retry || retry === 'never') throw new Error(`asked on after ${code}`);
            if (next.state === step.state && retry !== 'same') throw new Error(`asked again after ${code}`);
            const later = seen.slice(place + 1);
            if (retry === 'fallback' && later.some((each) => each.step.target.model === step.target.model))
              throw new Error('asked the same upstream model, for which it is too long');
          }
        }
        expect(states.list(0).map(({ inFlight }) => inFlight)).toEqual(states.list(0).map(() => 0));
      }),
      { numRuns: 300 },
    );
  });

  it('are answered by an ejected target rather than not at all', async () => {
    const failing = { code: 'upstream_timeout' as const, retryAfter: undefined, ms: 1 };
    const { calls } = await play([failing], 100);
    expect(calls.every((seen) => seen.length > 0)).toBe(true);
  });
});

describe('an upstream that fails every call', () => {
  it.each([1, 7, 50, 200])('is asked 1.2 times and 3 in ten seconds, %i calls a second', async (rate) => {
    const states = new TargetStates();
    const planner = new Planner(states, () => 0);
    const retry = { attempts: 3, budgetRatio: 0.2 };
    const model = { id: 'main', ownedBy: 'x', created: 0, targets: [target('m', 'p')], retry };
    const calls: number[] = [];
    const asked: number[] = [];
    let now = 50_000;
    for (let call = 0; call < rate * 30; call++) {
      now += 1_000 / rate;
      calls.push(now);
      // Even with nobody to eject it.
      states.adopt('p', 'm', { state: 'healthy', until: 0, reason: undefined });
      const run = new PlanRun(planner.plan(model, [], CALL, now), true, { clock: () => now, dice: () => 0 });
      const attempt = async (): Promise<never> => {
        asked.push(now);
        throw new GatewayError('upstream_unavailable');
      };
      await expect(run.run(attempt, async () => {})).rejects.toThrow('not available');
    }
    for (const end of calls) {
      const within = (time: number): boolean => time <= end && time > end - 10_000;
      const most = 1.2 * calls.filter(within).length + 3;
      if (asked.filter(within).length > most) throw new Error(`${asked.filter(within).length} over ${most}`);
    }
    expect(asked.length).toBeGreaterThan(calls.length);
  });
});
