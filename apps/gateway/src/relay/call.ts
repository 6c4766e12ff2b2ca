import { GatewayError } from '#contract';
import type { Operation, OperationName, Target, WireRequest } from '#contract';
import type { UsageRecord } from '#metering';
import type { AccessedCall, TraceHeaders } from '#observability';
import type { Caller } from '../auth/caller.js';
import { readWishes } from './wishes.js';
import type { Wishes } from './wishes.js';

/** One call, from a known caller. */
export interface Call<N extends OperationName = OperationName> {
  readonly requestId: string;
  readonly operation: N;
  /** Of a call whose answer lasts only what is still needed (`let-go.ts`). */
  request: WireRequest<Operation[N]['Request']>;
  readonly caller: Caller;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The same moment on the monotonic clock, in milliseconds. */
  readonly startedAt: number;
  /** As they came, by their names in small letters. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly traceHeaders: TraceHeaders;
  readonly wishes: Wishes;
  /** What its prompt is taken to be, once the prompt is let go of. */
  promptEstimate: number | undefined;
  /** What became of it; undefined: it is not over. */
  record: UsageRecord | undefined;
  /** Who answered; undefined: nobody has yet. */
  answeredBy: Target | undefined;
}

/** What is known of a request when its body is not read yet. */
interface Arrival {
  readonly id: string;
  readonly at: number;
  readonly startedAt: number;
  readonly caller?: Caller | undefined;
  /** What the access log tells of. */
  call: { readonly record: AccessedCall | undefined } | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  /** As it was read: the call has it from here on, and lets go of it. */
  body?: unknown;
}

/** A call as it came in. @throws GatewayError where nobody has authenticated it, or it asks for what cannot be */
export function callOf<N extends OperationName>(
  operation: N,
  request: Call<N>['request'],
  arrival: Arrival,
): Call<N> {
  const { id: requestId, at, startedAt, caller } = arrival;
  if (!caller) throw new GatewayError('invalid_api_key');
  const traceHeaders = arrival.headers as TraceHeaders;
  const wishes = readWishes(arrival.headers);
  const call = {
    requestId,
    operation,
    request,
    caller,
    at,
    startedAt,
    headers: arrival.headers,
    traceHeaders,
    wishes,
    promptEstimate: undefined,
    record: undefined,
    answeredBy: undefined,
  };
  arrival.call = call;
  arrival.body = undefined;
  return call;
}
