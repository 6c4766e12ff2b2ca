import type { Allowance, Standing } from '#metering';

/** `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, as OpenAI's clients read them. */
export function limitHeaders({ requests, tokens }: Standing): Record<string, string> {
  const headers: Record<string, string> = {};
  if (requests) tell('requests', requests);
  if (tokens) tell('tokens', tokens);
  return headers;

  function tell(what: string, { limit, remaining, resetMs }: Allowance): void {
    headers[`x-ratelimit-limit-${what}`] = String(limit);
    headers[`x-ratelimit-remaining-${what}`] = String(remaining);
    headers[`x-ratelimit-reset-${what}`] = durationText(resetMs);
  }
}

/** `17ms`, `1.2s`, `6m0s`: rounded up, so that whoever waits has waited long enough. */
export function durationText(ms: number): string {
  const whole = Math.ceil(ms);
  if (whole < 1_000) return whole > 0 ? `${whole}ms` : '0s';
  const minutes = Math.floor(whole / 60_000);
  const seconds = (whole % 60_000) / 1_000;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
