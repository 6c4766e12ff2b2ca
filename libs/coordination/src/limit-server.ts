import type { LimitSubject, RateLimits } from '#contract';
import type { Admission, Limiter, Refusal, Standing } from '#metering';

/** What a worker says of its calls with limits, all of one turn of its event loop at once. */
export interface LimitQuestions {
  /** How many gateways share the limits, all workers of one being one; a worker that has just begun does not know. */
  readonly replicas?: number;
  /** Calls that are over, which comes first: they make room. */
  readonly settled: readonly { readonly id: number; readonly tokens: number }[];
  readonly asked: readonly LimitQuestion[];
}

export interface LimitQuestion {
  /** The worker's own number for the call. */
  readonly id: number;
  readonly subjects: readonly LimitSubject[];
  readonly tokens: number;
}

export interface LimitAnswer {
  readonly id: number;
  readonly standing: Standing;
  /** Undefined: the call may go on. */
  readonly refusal?: LimitRefusal;
}

export interface LimitRefusal {
  /** Which of the subjects that were asked about. */
  readonly at: number;
  readonly limit: keyof RateLimits;
  readonly waitMs: number;
}

/** A call that goes on, and what it was estimated to use. */
interface OpenCall {
  readonly admission: Admission;
  readonly tokens: number;
}

interface SyncLimiter extends Limiter {
  admit(subjects: readonly LimitSubject[], tokens: number): Admission | Refusal;
}

/** As long as nobody knows there may be another gateway. */
const UNKNOWN = 2;

/** Counts calls with limits for all workers of a machine, so that what holds for one process holds for all of them. */
export class LimitServer {
  private readonly limiter: SyncLimiter;
  private readonly open = new Map<number, Map<number, OpenCall>>();
  private replicas = UNKNOWN;

  /** @param make a limiter that has an equal part of each limit among so many gateways */
  constructor(make: (replicas: () => number) => SyncLimiter) {
    this.limiter = make(() => this.replicas);
  }

  answer(worker: number, { replicas, settled, asked }: LimitQuestions): LimitAnswer[] {
    if (replicas !== undefined) this.replicas = replicas;
    let calls = this.open.get(worker);
    if (!calls) this.open.set(worker, (calls = new Map()));
    for (const { id, tokens } of settled) {
      calls.get(id)?.admission.settle(tokens);
      calls.delete(id);
    }
    return asked.map((question) => this.admit(calls, question));
  }

  /** It died: its places are free, and its calls have used what was estimated, as far as anybody knows. */
  forget(worker: number): void {
    for (const { admission, tokens } of this.open.get(worker)?.values() ?? []) admission.settle(tokens);
    this.open.delete(worker);
  }

  private admit(calls: Map<number, OpenCall>, { id, subjects, tokens }: LimitQuestion): LimitAnswer {
    const verdict = this.limiter.admit(subjects, tokens);
    const { standing } = verdict;
    if (verdict.isAdmitted) {
      calls.set(id, { admission: verdict, tokens });
      return { id, standing };
    }
    const { subject, limit, waitMs } = verdict;
    return { id, standing, refusal: { at: subjects.indexOf(subject), limit, waitMs } };
  }
}
