export type Attribute = string | number | boolean | null | undefined;

/** A span that is over. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly state: string | undefined;
  readonly name: string;
  readonly kind: 'server' | 'client';
  /** Milliseconds since 1970. */
  readonly startAt: number;
  readonly endAt: number;
  /** Null and undefined are left out. */
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly isError: boolean;
}

const KINDS = { server: 2, client: 3 };
const STATUS_ERROR = 2;

/** Spans as OTLP's JSON (`ExportTraceServiceRequest`). */
export function encodeSpans(spans: readonly Span[], resource: Readonly<Record<string, Attribute>>): string {
  const scopeSpans = [{ scope: { name: 'pllm' }, spans: spans.map(encodeSpan) }];
  return JSON.stringify({
    resourceSpans: [{ resource: { attributes: encodeAttributes(resource) }, scopeSpans }],
  });
}

function encodeSpan(span: Span): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentId,
    traceState: span.state,
    name: span.name,
    kind: KINDS[span.kind],
    startTimeUnixNano: nanoseconds(span.startAt),
    endTimeUnixNano: nanoseconds(span.endAt),
    attributes: encodeAttributes(span.attributes),
    status: span.isError ? { code: STATUS_ERROR } : {},
  };
}

function encodeAttributes(attributes: Readonly<Record<string, Attribute>>): object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [{ key, value: encodeValue(value) }],
  );
}

/** 64-bit integers are texts in protobuf's JSON. */
function encodeValue(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** A number has no room for nanoseconds since 1970. */
function nanoseconds(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  return `${whole}${String(Math.floor((milliseconds - whole) * 1e6)).padStart(6, '0')}`;
}
