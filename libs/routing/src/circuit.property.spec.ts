import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Circuit } from './circuit.js';
import type { Health } from './circuit.js';

interface Attempt {
  readonly ticket: number;
  readonly era: number;
  readonly isProbe: boolean;
}

/** The same rules over plain lists, without rings and tickets. */
class Reference {
  state: 'closed' | 'open' = 'closed';
  era = 0;
  openUntil = 0;
  openMs = 5_000;
  coolUntil = 0;
  credentials = false;
  results: { at: number; ok: boolean }[] = [];
  probe: { at: number; attempt: Attempt } | undefined;

  isProbed(now: number): boolean {
    return this.probe !== undefined && now < this.probe.at + 60_000;
  }

  allows(now: number): boolean {
    if (now < this.coolUntil) return false;
    return this.state === 'closed' || (now >= this.openUntil && !this.isProbed(now));
  }

  health(now: number): Health {
    if (now < this.coolUntil) return 'cooling';
    return this.state === 'open' ? 'ejected' : 'healthy';
  }

  begin(ticket: number, now: number): Attempt {
    const isProbe = this.state === 'open' && this.allows(now);
    const attempt = { ticket, era: this.era, isProbe };
    if (isProbe) this.probe = { at: now, attempt };
    return attempt;
  }

  change(state: 'closed' | 'open', until = 0): void {
    this.state = state;
    this.openUntil = until;
    this.era++;
    this.results = [];
    this.probe = undefined;
    if (state === 'closed') this.openMs = 5_000;
    this.credentials = false;
  }

  succeed({ era }: Attempt, now: number): void {
    if (era !== this.era) return;
    if (this.state === 'open') this.change('closed');
    else this.results.push({ at: now, ok: true });
  }

  fail(attempt: Attempt, now: number): void {
    if (attempt.era !== this.era) return;
    if (this.state === 'open') {
      if (this.probe?.attempt !== attempt) return;
      this.openMs = Math.min(60_000, this.openMs * 2);
      return this.change('open', now + this.openMs);
    }
    this.results.push({ at: now, ok: false });
    const lately = this.results.filter(({ at }) => Math.floor(at / 1_000) > Math.floor(now / 1_000) - 10);
    const failed = lately.filter(({ ok }) => !ok).length;
    const inARow = this.results.slice(-5);
    const isRow = inARow.length === 5 && inARow.every(({ ok }) => !ok);
    if (isRow || (lately.length >= 20 && failed / lately.length >= 0.5))
      this.change('open', now + this.openMs);
  }

  reject(attempt: Attempt, now: number): void {
    if (attempt.era !== this.era) return;
    if (this.state === 'open' && this.credentials && this.probe?.attempt !== attempt) return;
    this.change('open', now + 30_000);
    this.credentials = true;
  }

  release(attempt: Attempt): void {
    if (this.probe?.attempt === attempt) this.probe = undefined;
  }
}

type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'begin' }
  | { readonly kind: 'succeed' | 'fail' | 'reject' | 'release'; readonly which: number }
  | { readonly kind: 'cool'; readonly ms: number };

const settle = (kind: 'succeed' | 'fail' | 'reject' | 'release') =>
  fc.nat(6).map((which): Step => ({ kind, which }));
const step = fc.oneof(
  { weight: 2, arbitrary: fc.nat(3_000).map((ms): Step => ({ kind: 'wait', ms })) },
  { weight: 1, arbitrary: fc.nat(70_000).map((ms): Step => ({ kind: 'wait', ms })) },
  { weight: 9, arbitrary: fc.constant<Step>({ kind: 'begin' }) },
  { weight: 3, arbitrary: settle('succeed') },
  { weight: 6, arbitrary: settle('fail') },
  { weight: 1, arbitrary: settle('reject') },
  { weight: 1, arbitrary: settle('release') },
  { weight: 1, arbitrary: fc.nat(9_000).map((ms): Step => ({ kind: 'cool', ms })) },
);

describe('a circuit under any history', { timeout: 60_000 }, () => {
  it('is as open as simple lists say', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const circuit = new Circuit();
        const reference = new Reference();
        let running: Attempt[] = [];
        let now = 50_000;
        for (const each of steps) {
          if (each.kind === 'wait') now += each.ms;
          else if (each.kind === 'begin') running.push(reference.begin(circuit.begin(now), now));
          else if (each.kind === 'cool') {
            circuit.cool(now + each.ms, 'rate-limit', now);
            reference.coolUntil = Math.max(reference.coolUntil, now + each.ms);
          } else {
            const attempt = running[each.which % Math.max(1, running.length)];
            if (!attempt) continue;
            running = running.filter((other) => other !== attempt);
            circuit[each.kind](attempt.ticket, now);
            reference[each.kind](attempt, now);
          }
          const { state, until } = circuit.health(now);
          if (circuit.allows(now) !== reference.allows(now) || state !== reference.health(now))
            throw new Error(`${each.kind} at ${now}: ${state}, not ${reference.health(now)}`);
          if (state === 'ejected' && !reference.isProbed(now)) expect(until).toBe(reference.openUntil);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('never lets two probes in at once', () => {
    const event = fc.record({ wait: fc.nat(20_000), ends: fc.constantFrom('fail', 'release', 'never') });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const circuit = new Circuit();
        let now = 0;
        for (let each = 0; each < 5; each++) circuit.fail(circuit.begin(now), now);
        let probeSince = -Infinity;
        for (const { wait, ends } of events) {
          now += wait;
          if (!circuit.allows(now)) continue;
          expect(now - probeSince).toBeGreaterThanOrEqual(60_000);
          const ticket = circuit.begin(now);
          probeSince = ends === 'never' ? now : -Infinity;
          if (ends === 'fail') circuit.fail(ticket, now);
          if (ends === 'release') circuit.release(ticket);
        }
      }),
    );
  });
});
