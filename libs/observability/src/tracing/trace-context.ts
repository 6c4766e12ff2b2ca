import { randomFillSync } from 'node:crypto';

/** The headers of W3C Trace Context, as they came. */
export interface TraceHeaders {
  readonly traceparent?: string | readonly string[] | undefined;
  readonly tracestate?: string | readonly string[] | undefined;
}

/** Where a call stands in a trace. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** The client's span, 16 hexadecimal digits; undefined: the trace begins here. */
  readonly parentId: string | undefined;
  /** Does whoever began the trace want its spans? */
  readonly isSampled: boolean;
  /** What other vendors carry along; passed on as it came. */
  readonly state: string | undefined;
}

/** A later version may have more behind the flags; version ff is none, and ids of zeros are none. */
const PARENT = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/;
const SAMPLED = 1;

/** "SHOULD propagate at least 512 characters" (Trace Context, 3.3.1.5); more is left out. */
const STATE = /^[\x20-\x7e]{1,512}$/;

/** The trace that a client is in, or a new one. */
export function readTraceContext({ traceparent, tracestate }: TraceHeaders): TraceContext {
  const [, version, traceId, parentId, flags, rest] =
    (typeof traceparent === 'string' && PARENT.exec(traceparent.trim())) || [];
  if (!traceId || (version === '00' && rest !== undefined)) {
    return { traceId: newId(16), parentId: undefined, isSampled: true, state: undefined };
  }
  const state = typeof tracestate === 'string' && STATE.test(tracestate) ? tracestate : undefined;
  return { traceId, parentId, isSampled: (Number.parseInt(flags ?? '', 16) & SAMPLED) === SAMPLED, state };
}

/** The headers that continue a trace, as name, value, name, value. */
export function writeTraceContext({ traceId, isSampled, state }: TraceContext, spanId: string): string[] {
  const headers = ['traceparent', `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`];
  if (state !== undefined) headers.push('tracestate', state);
  return headers;
}

/** Random bytes are drawn for many ids at once. */
const pool = Buffer.alloc(4_096);
let drawn = pool.length;

/** Random bytes in hexadecimal digits. */
export function newId(bytes: number): string {
  if (drawn + bytes > pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  drawn += bytes;
  return pool.toString('hex', drawn - bytes, drawn);
}
