import type { LimitSubject, RateLimits } from '#contract';
import { SlidingSum } from './sliding-sum.js';

/** What is left of one limit. */
export interface Allowance {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until all of it is there again, if nobody calls. */
  readonly resetMs: number;
}

/** What a caller has left, by the tightest of its limits. */
export interface Standing {
  readonly requests: Allowance | undefined;
  readonly tokens: Allowance | undefined;
}

/** A call that may go on. Whoever has it settles it, once, however the call ends. */
export interface Admission {
  readonly isAdmitted: true;
  readonly standing: Standing;
  /** The call is over, and has used so many tokens. */
  settle(tokens: number): void;
}

/** A call that may not, and has been counted nowhere. */
export interface Refusal {
  readonly isAdmitted: false;
  readonly standing: Standing;
  /** The limit that is reached; of several, the one that is to be waited for longest. */
  readonly subject: LimitSubject;
  readonly limit: keyof RateLimits;
  /** Milliseconds until the call would be admitted, if nobody else calls. Nobody knows when a call will end. */
  readonly waitMs: number;
}

/** Asks all subjects of a call at once: all of them admit it, or none counts it. */
export interface Limiter {
  /** @param tokens what the call is estimated to use */
  admit(
    subjects: readonly LimitSubject[],
    tokens: number,
  ): Admission | Refusal | Promise<Admission | Refusal>;
}

/** How long a call is told to wait for another one's end. */
const PARALLEL_WAIT_MS = 1_000;

/** How many subjects each call looks at, to forget those that are idle: more than it can add. */
const LOOKED_AT = 4;

/** What is remembered of a subject. */
interface Counts {
  readonly requests: SlidingSum;
  readonly tokens: SlidingSum;
  inside: number;
}

interface Charge {
  readonly counts: Counts;
  readonly tokens: number;
}

/** Counts in this process. */
export class RateLimiter implements Limiter {
  private readonly subjects = new Map<string, Counts>();

  /**
   * @param clock milliseconds, which do not go back
   * @param replicas how many gateways share each limit: each has an equal part of it, and at least 1
   */
  constructor(
    private readonly clock: () => number,
    private readonly replicas: () => number = () => 1,
  ) {}

  /** How many subjects are remembered. */
  get size(): number {
    return this.subjects.size;
  }

  admit(subjects: readonly LimitSubject[], tokens: number): Admission | Refusal {
    const now = this.clock();
    const refusal = this.refuse(subjects, tokens, now);
    if (refusal) return { isAdmitted: false, ...refusal, standing: this.standing(subjects, now) };
    return this.charge(subjects, tokens);
  }

  /** Counts a call that somebody else has admitted. */
  charge(subjects: readonly LimitSubject[], tokens: number): Admission {
    const now = this.clock();
    this.forgetIdle(now);
    const charges = subjects.map((subject): Charge => {
      const counts = this.countsOf(subject);
      const charged = this.tokensOf(subject, tokens);
      counts.requests.add(1, now);
      counts.tokens.add(charged, now);
      counts.inside++;
      return { counts, tokens: charged };
    });
    return new Admitted(charges, this.standing(subjects, now), now, this.clock);
  }

  private refuse(subjects: readonly LimitSubject[], tokens: number, now: number) {
    let worst: Pick<Refusal, 'subject' | 'limit' | 'waitMs'> | undefined;
    const see = (subject: LimitSubject, limit: keyof RateLimits, waitMs: number): void => {
      if (waitMs > 0 && waitMs > (worst?.waitMs ?? 0)) worst = { subject, limit, waitMs };
    };
    for (const subject of subjects) {
      const counts = this.subjects.get(nameOf(subject));
      if (!counts) continue;
      const { rpm, tpm, parallel } = subject.limits;
      if (parallel !== undefined && counts.inside >= this.share(parallel))
        see(subject, 'parallel', PARALLEL_WAIT_MS);
      if (rpm !== undefined) see(subject, 'rpm', counts.requests.waitFor(1, this.share(rpm), now));
      if (tpm !== undefined) {
        const asked = this.tokensOf(subject, tokens);
        // What was used may have been more than was estimated: then a call of no tokens has to wait, too.
        see(subject, 'tpm', counts.tokens.waitFor(Math.max(asked, 1), this.share(tpm), now));
      }
    }
    return worst;
  }

  private standing(subjects: readonly LimitSubject[], now: number): Standing {
    let requests: Allowance | undefined;
    let tokens: Allowance | undefined;
    for (const subject of subjects) {
      const { rpm, tpm } = subject.limits;
      const counts = this.subjects.get(nameOf(subject));
      if (rpm !== undefined) requests = tighter(requests, this.allowance(rpm, counts?.requests, now));
      if (tpm !== undefined) tokens = tighter(tokens, this.allowance(tpm, counts?.tokens, now));
    }
    return { requests, tokens };
  }

  private allowance(limit: number, sum: SlidingSum | undefined, now: number): Allowance {
    const remaining = Math.max(0, this.share(limit) - (sum?.total(now) ?? 0));
    return { limit, remaining, resetMs: sum?.idleAfter(now) ?? 0 };
  }

  /** An estimate of more than the limit waits until nothing else is in the window: more room there never is. */
  private tokensOf({ limits: { tpm } }: LimitSubject, tokens: number): number {
    return tpm === undefined ? tokens : Math.min(tokens, this.share(tpm));
  }

  private share(limit: number): number {
    return Math.max(1, Math.floor(limit / this.replicas()));
  }

  private countsOf(subject: LimitSubject): Counts {
    const name = nameOf(subject);
    let counts = this.subjects.get(name);
    if (!counts) {
      counts = { requests: new SlidingSum(), tokens: new SlidingSum(), inside: 0 };
      this.subjects.set(name, counts);
    }
    return counts;
  }

  /** Those in turn that were not looked at for longest: no timer, and no call pays for all. */
  private forgetIdle(now: number): void {
    let looked = 0;
    for (const [name, counts] of this.subjects) {
      if (looked++ >= LOOKED_AT) return;
      this.subjects.delete(name);
      if (!isIdle(counts, now)) this.subjects.set(name, counts);
    }
  }
}

class Admitted implements Admission {
  readonly isAdmitted = true;
  private isSettled = false;

  constructor(
    private readonly charges: readonly Charge[],
    readonly standing: Standing,
    private readonly at: number,
    private readonly clock: () => number,
  ) {}

  /** What was estimated too much is given back where it was taken, and what was too little is taken now. */
  settle(used: number): void {
    if (this.isSettled) return;
    this.isSettled = true;
    const now = this.clock();
    for (const { counts, tokens } of this.charges) {
      counts.inside--;
      if (used > tokens) counts.tokens.add(used - tokens, now);
      else counts.tokens.takeBack(tokens - used, this.at);
    }
  }
}

/** As it is remembered. */
function nameOf({ kind, id }: LimitSubject): string {
  return `${kind}:${id}`;
}

function isIdle({ requests, tokens, inside }: Counts, now: number): boolean {
  return inside === 0 && requests.idleAfter(now) <= 0 && tokens.idleAfter(now) <= 0;
}

export function tighter(one: Allowance | undefined, other: Allowance): Allowance {
  return one && one.remaining <= other.remaining ? one : other;
}
