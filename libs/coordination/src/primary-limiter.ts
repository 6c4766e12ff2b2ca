import type { LimitSubject } from '#contract';
import type { Admission, Limiter, RateLimiter, Refusal } from '#metering';
import type { FeedReport } from './change-feed.js';
import type { LimitAnswer, LimitQuestion, LimitQuestions } from './limit-server.js';

export interface PrimaryLimiterOptions {
  /** To the process that counts for all workers. @throws when it is gone */
  readonly send: (questions: LimitQuestions) => void;
  /** Decides where the primary does not, and is told of all calls that it let through. */
  readonly local: Pick<RateLimiter, 'admit' | 'charge'>;
  /** How many gateways share the limits, a gateway being all of its workers; undefined: that is not known yet. */
  readonly replicas: () => number | undefined;
  readonly report: FeedReport;
  readonly clock: () => number;
}

/**
 * How long an answer is waited for, in milliseconds. It comes from the same machine: a primary that lives answers, and
 * whoever decides without it may let more through than the limit.
 */
const PATIENCE_MS = 1_000;
/** How long nobody is asked, after somebody got no answer. */
const REST_MS = 1_000;

interface Waiting extends LimitQuestion {
  settle(verdict: Admission | Refusal): void;
}

/**
 * Counts in the primary, for all workers of this machine together. What comes up in one turn of the event loop is one
 * message. Where there is no answer, this worker decides by its own part of the limits.
 */
export class PrimaryLimiter implements Limiter {
  private calls = 0;
  private readonly waiting = new Map<number, Waiting>();
  private asked: LimitQuestion[] = [];
  private settled: { id: number; tokens: number }[] = [];
  private isFlushPlanned = false;
  private restsUntil = 0;
  private isLost = false;

  constructor(private readonly options: PrimaryLimiterOptions) {}

  admit(
    subjects: readonly LimitSubject[],
    tokens: number,
  ): Admission | Refusal | Promise<Admission | Refusal> {
    if (this.isLost || this.options.clock() < this.restsUntil) {
      return this.options.local.admit(subjects, tokens);
    }
    return new Promise((settle) => {
      const question = { id: ++this.calls, subjects, tokens };
      this.waiting.set(question.id, { ...question, settle });
      this.asked.push(question);
      this.planFlush();
    });
  }

  /** What the primary has answered. */
  receive(answers: readonly LimitAnswer[]): void {
    for (const answer of answers) {
      const waiting = this.waiting.get(answer.id);
      this.waiting.delete(answer.id);
      // Whoever has not waited for it has told the primary so.
      waiting?.settle(this.verdict(waiting, answer));
    }
    this.options.report.recovered();
  }

  /** The primary is gone, and does not come back to this worker. */
  lose(): void {
    this.isLost = true;
    this.decide([...this.waiting.keys()]);
  }

  private verdict({ id, subjects, tokens }: LimitQuestion, answer: LimitAnswer): Admission | Refusal {
    const { standing, refusal } = answer;
    if (refusal) {
      const { at, limit, waitMs } = refusal;
      return { isAdmitted: false, standing, subject: subjects[at] as LimitSubject, limit, waitMs };
    }
    const own = this.options.local.charge(subjects, tokens);
    let isSettled = false;
    return {
      isAdmitted: true,
      standing,
      settle: (used) => {
        if (isSettled) return;
        isSettled = true;
        own.settle(used);
        this.tellSettled(id, used);
      },
    };
  }

  private tellSettled(id: number, tokens: number): void {
    if (this.isLost) return;
    this.settled.push({ id, tokens });
    this.planFlush();
  }

  private planFlush(): void {
    if (this.isFlushPlanned) return;
    this.isFlushPlanned = true;
    setImmediate(() => this.flush());
  }

  private flush(): void {
    this.isFlushPlanned = false;
    const { asked, settled, options } = this;
    this.asked = [];
    this.settled = [];
    if (this.isLost) return;
    try {
      const replicas = options.replicas();
      options.send({ ...(replicas === undefined ? {} : { replicas }), settled, asked });
    } catch {
      return this.lose();
    }
    if (asked.length === 0) return;
    // A process that was busy itself reads what has come before it says that nothing has.
    const giveUp = (): void => this.giveUp(asked.map(({ id }) => id).filter((id) => this.waiting.has(id)));
    setTimeout(() => setImmediate(giveUp), PATIENCE_MS).unref();
  }

  private giveUp(ids: readonly number[]): void {
    if (ids.length === 0) return;
    this.options.report.failed(new Error(`The primary did not answer within ${PATIENCE_MS} ms.`));
    this.restsUntil = this.options.clock() + REST_MS;
    this.decide(ids);
    // It may count them all the same, later.
    for (const id of ids) this.tellSettled(id, 0);
  }

  private decide(ids: readonly number[]): void {
    for (const id of ids) {
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      waiting?.settle(this.options.local.admit(waiting.subjects, waiting.tokens));
    }
  }
}
