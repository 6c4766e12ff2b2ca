import { GatewayError } from '#contract';

/** What a client may ask of the gateway itself, by headers of its call. */
export interface Wishes {
  /** The whole call may take so long, in milliseconds; undefined: it has the time of its targets. */
  readonly timeoutMs: number | undefined;
  /** May other models answer? */
  readonly takesFallbacks: boolean;
}

const NONE: Wishes = { timeoutMs: undefined, takesFallbacks: true };

const TIMEOUT = 'x-pllm-timeout-ms';
const FALLBACKS = 'x-pllm-fallbacks';
const LONGEST_MS = 24 * 3_600_000;

/** @throws GatewayError `invalid_value` */
export function readWishes(headers: Readonly<Record<string, unknown>>): Wishes {
  const timeout = headers[TIMEOUT];
  const fallbacks = headers[FALLBACKS];
  if (timeout === undefined && fallbacks === undefined) return NONE;
  if (fallbacks !== undefined && fallbacks !== 'none') throw refuse(FALLBACKS, "must be 'none'");
  return { timeoutMs: readTimeout(timeout), takesFallbacks: fallbacks === undefined };
}

function readTimeout(given: unknown): number | undefined {
  if (given === undefined) return undefined;
  const ms = typeof given === 'string' && /^\d{1,9}$/.test(given) ? Number(given) : 0;
  if (ms >= 1 && ms <= LONGEST_MS) return ms;
  throw refuse(TIMEOUT, `must be a number of milliseconds from 1 to ${LONGEST_MS}`);
}

function refuse(param: string, rule: string): GatewayError {
  return new GatewayError('invalid_value', { param, message: `The header ${param} ${rule}.` });
}
