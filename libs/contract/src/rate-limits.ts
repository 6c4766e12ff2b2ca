/** What a key, a team or a model may have at most; what is absent has no bound. */
export interface RateLimits {
  /** Requests in any window of 60 seconds. */
  readonly rpm?: number | undefined;
  /** Tokens, of prompts and answers, in any window of 60 seconds. */
  readonly tpm?: number | undefined;
  /** Calls at the same time. */
  readonly parallel?: number | undefined;
}

/** Whose limits they are: all calls that count against the same subject are counted together. */
export interface LimitSubject {
  readonly kind: 'key' | 'team' | 'model';
  readonly id: string;
  readonly limits: RateLimits;
}

/** Undefined: there is nothing to count, and no call is looked at for it. */
export function limitSubject(
  kind: LimitSubject['kind'],
  id: string,
  limits: RateLimits,
): LimitSubject | undefined {
  const { rpm, tpm, parallel } = limits;
  if (rpm === undefined && tpm === undefined && parallel === undefined) return undefined;
  return { kind, id, limits };
}
