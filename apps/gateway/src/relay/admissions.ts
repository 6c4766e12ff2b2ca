import { GatewayError } from '#contract';
import type { HeaderPairs, LimitSubject, RateLimits } from '#contract';
import type { Admission, Limiter, Refusal } from '#metering';
import type { Model } from '#routing';
import { expectedTokens } from '../models/expected-usage.js';
import type { Call } from './call.js';
import { limitHeaders } from './limit-headers.js';

/** A limited call that may go on, and what its answer tells of its limits. */
export class Admitted {
  readonly headers: Readonly<Record<string, string>>;
  readonly pairs: HeaderPairs;

  constructor(private readonly admission: Admission) {
    this.headers = limitHeaders(admission.standing);
    this.pairs = Object.entries(this.headers).flat();
  }

  /** The call is over, and has used so many tokens. */
  settle(tokens: number): void {
    this.admission.settle(tokens);
  }
}

/** Asks whoever bounds a call whether there is room for it. */
export class Admissions {
  constructor(private readonly limiter: Limiter) {}

  /**
   * Undefined: nobody bounds the call.
   *
   * @throws GatewayError `rate_limit_exceeded`, by the promise
   */
  admit(call: Pick<Call, 'caller' | 'request'>, model: Model): Promise<Admitted> | undefined {
    const { limited, teamLimited } = call.caller;
    if (limited === undefined && teamLimited === undefined && model.limited === undefined) return undefined;
    return this.ask([limited, teamLimited, model.limited].filter(isSubject), expectedTokens(call));
  }

  private async ask(subjects: readonly LimitSubject[], tokens: number): Promise<Admitted> {
    const verdict = await this.limiter.admit(subjects, tokens);
    if (verdict.isAdmitted) return new Admitted(verdict);
    throw refuse(verdict);
  }
}

const UNITS: Readonly<Record<keyof RateLimits, string>> = {
  rpm: 'requests per minute',
  tpm: 'tokens per minute',
  parallel: 'calls at the same time',
};

function refuse({ subject, limit, waitMs, standing }: Refusal): GatewayError {
  const { kind, id, limits } = subject;
  const retryAfter = Math.ceil(waitMs) / 1_000;
  const message =
    `Rate limit reached for the ${kind} '${id}': ${limits[limit]} ${UNITS[limit]} (${limit}).` +
    ` Please try again in ${retryAfter}s.`;
  return new GatewayError('rate_limit_exceeded', { message, retryAfter, headers: limitHeaders(standing) });
}

function isSubject(subject: LimitSubject | undefined): subject is LimitSubject {
  return subject !== undefined;
}
