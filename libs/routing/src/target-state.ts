import type { GatewayError, Provider } from '#contract';
import { Circuit } from './circuit.js';
import type { HealthChange } from './circuit.js';
import { DecayingAverage } from './decaying-average.js';
import { RetryBudget } from './retry-budget.js';

/** Upstream statuses that say that the account is not good, and will not be for the next call either. */
const CREDENTIAL_STATUSES: ReadonlySet<number | undefined> = new Set([401, 402, 403, undefined]);

/**
 * What is known of one target, by all models that lead to it. Times are milliseconds on a clock that does not go back.
 */
export class TargetState {
  readonly circuit: Circuit;
  readonly budget = new RetryBudget();
  /** Attempts whose answer is not complete. */
  inFlight = 0;
  attempts = 0;
  failures = 0;
  /** How often this process found that it must be left alone. */
  ejections = 0;
  /** Milliseconds to the first piece of a streamed answer. */
  readonly firstToken = new DecayingAverage();
  /** Milliseconds to an answer that came whole. */
  readonly whole = new DecayingAverage();
  /** Tokens a second, from the first piece of a stream on. */
  readonly tokenRate = new DecayingAverage();

  constructor(
    public provider: Provider,
    readonly model: string,
    onChange: (state: TargetState, change: HealthChange) => void = () => {},
  ) {
    this.circuit = new Circuit((change) => {
      if (change.state === 'ejected') this.ejections++;
      onChange(this, change);
    });
  }

  /** The same provider, read anew. One whose credential or address is another deserves a new chance at once. */
  follow(provider: Provider): void {
    const { secret, baseUrl } = this.provider;
    const isOther = provider.secret !== secret || provider.baseUrl !== baseUrl;
    this.provider = provider;
    if (isOther) this.circuit.adopt({ state: 'healthy', until: 0, reason: undefined });
  }

  /** An attempt begins. Returns its ticket, with which it is ended. @param isRetry the same call was here before */
  begin(isRetry: boolean, now: number): number {
    this.inFlight++;
    this.attempts++;
    if (!isRetry) this.budget.countCall(now);
    return this.circuit.begin(now);
  }

  /** It answers: the first piece is here, or all of it. It is in flight until `leave`. @param ms since it began */
  succeed(ticket: number, streamed: boolean, ms: number, now: number): void {
    this.circuit.succeed(ticket, now);
    (streamed ? this.firstToken : this.whole).add(ms, 1, now);
  }

  /** It failed, before its answer began or in the middle of it. It is in flight until `leave`. */
  fail(ticket: number, error: GatewayError, now: number): void {
    const { circuit } = this;
    const verdict = verdictOf(error);
    if (verdict !== 'nothing') this.failures++;
    if (error.retryAfter !== undefined && (verdict === 'rate-limit' || verdict === 'failure')) {
      const reason = verdict === 'rate-limit' ? 'rate-limit' : 'unavailable';
      circuit.cool(now + error.retryAfter * 1_000, reason, now);
    }
    if (verdict === 'credentials') circuit.reject(ticket, now);
    else if (verdict === 'failure' || (verdict === 'rate-limit' && error.retryAfter === undefined))
      circuit.fail(ticket, now);
    else circuit.release(ticket);
  }

  /** An attempt is over, whatever became of it. */
  leave(): void {
    this.inFlight--;
  }
}

/** What an error says about the target: a client's fault, an abort or a fault of ours say nothing. */
function verdictOf(error: GatewayError): 'failure' | 'rate-limit' | 'credentials' | 'nothing' {
  switch (error.code) {
    case 'upstream_rejected':
      return CREDENTIAL_STATUSES.has(error.upstreamStatus) ? 'credentials' : 'failure';
    case 'rate_limit_exceeded':
      return error.upstream?.code === 'insufficient_quota' ? 'credentials' : 'rate-limit';
    case 'upstream_unavailable':
    case 'upstream_timeout':
      return 'failure';
    default:
      return 'nothing';
  }
}
