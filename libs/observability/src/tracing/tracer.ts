import { operationWord } from '../metrics/operation-word.js';
import type { Span } from './span.js';
import { newId, readTraceContext, writeTraceContext } from './trace-context.js';
import type { TraceContext, TraceHeaders } from './trace-context.js';

/** What a trace must know of a call when it begins. */
export interface TracedCall {
  readonly requestId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The same moment on the monotonic clock, in milliseconds. */
  readonly startedAt: number;
  readonly traceHeaders: TraceHeaders;
}

/** What became of a call. */
export interface EndedCall {
  readonly operation: string;
  readonly model: string;
  readonly keyId: string | null;
  readonly stream: boolean;
  readonly status: 'ok' | 'error' | 'cancelled';
  readonly httpStatus: number;
  readonly errorCode: string | null;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly attempts: number;
}

/** What is asked in an attempt. */
export interface AskedTarget {
  readonly model: string;
  readonly provider: { readonly name: string; readonly type: string; readonly baseUrl: string };
}

/** Follows calls: a span for the call, and one for each target that is asked. Exists where traces are wanted only. */
export class Tracer {
  constructor(private readonly exporter: { add(span: Span): void }) {}

  begin(call: TracedCall): CallTrace {
    return new CallTrace(call, this.exporter);
  }
}

export class CallTrace {
  private readonly context: TraceContext;
  private readonly spanId = newId(8);
  private readonly attempts: AttemptTrace[] = [];

  constructor(
    private readonly call: TracedCall,
    private readonly exporter: { add(span: Span): void },
  ) {
    this.context = readTraceContext(call.traceHeaders);
  }

  /** A target is about to be asked. */
  attempt(operation: string, target: AskedTarget): AttemptTrace {
    const now = performance.now();
    // An attempt that failed before there was anything to wait for.
    this.attempts.at(-1)?.end(now, OTHER);
    const attempt = new AttemptTrace(operation, target, this.context, now);
    this.attempts.push(attempt);
    return attempt;
  }

  /** The call is over, `now` on the monotonic clock. */
  end(record: EndedCall, now: number): void {
    const { context, call } = this;
    if (!context.isSampled) return;
    const errorType = record.status === 'error' ? (record.errorCode ?? OTHER) : undefined;
    const operation = operationWord(record.operation);
    const last = this.attempts.at(-1);
    last?.end(now, errorType);
    if (last && !last.isError) last.usage = record;
    const offset = call.at - call.startedAt;
    for (const attempt of this.attempts) this.exporter.add(attempt.span(this.spanId, offset));
    this.exporter.add({
      traceId: context.traceId,
      spanId: this.spanId,
      parentId: context.parentId,
      state: context.state,
      // A call that was refused unread names no model.
      name: record.model === '' ? operation : `${operation} ${record.model}`,
      kind: 'server',
      startAt: call.at,
      endAt: now + offset,
      isError: errorType !== undefined,
      attributes: {
        'gen_ai.operation.name': operation,
        'gen_ai.request.model': record.model || undefined,
        'gen_ai.request.stream': record.stream,
        'error.type': errorType,
        'http.response.status_code': record.httpStatus,
        'pllm.request_id': call.requestId,
        'pllm.key_id': record.keyId,
        'pllm.status': record.status,
        'pllm.attempts': record.attempts,
      },
    });
  }
}

/** "When the instrumentation does not know a low-cardinality identifier of the error" (OpenTelemetry, `error.type`). */
const OTHER = '_OTHER';

/** The name of a model in the beginning of an answer. Inside of a text its quotes would be escaped. */
const MODEL = /"model"\s*:\s*"([^"\\]{1,256})"/;
/** Under a wildcard it is a client's text. */
const LONGEST_MODEL = 256;
const HEAD_BYTES = 4_096;

export class AttemptTrace {
  /** What the upstream may continue the trace with: name, value, name, value. */
  readonly headers: readonly string[];
  /** What it used; told of the one that answered only. */
  usage: Pick<EndedCall, 'promptTokens' | 'completionTokens'> | undefined = undefined;
  isError = false;
  private readonly spanId = newId(8);
  private endedAt: number | undefined = undefined;
  private errorType: string | undefined = undefined;
  private exchange: { readonly status: number } | undefined = undefined;
  private answeringModel: string | undefined = undefined;

  constructor(
    private readonly operation: string,
    private readonly target: AskedTarget,
    private readonly context: TraceContext,
    private readonly startedAt: number,
  ) {
    this.headers = writeTraceContext(context, this.spanId);
  }

  /** Waits along: an answer that does not come ends the attempt. */
  async follow<Answer>(answer: Promise<Answer>, exchange: { readonly status: number }): Promise<Answer> {
    this.exchange = exchange;
    try {
      return await answer;
    } catch (error) {
      const { code } = error as { code?: unknown };
      this.end(performance.now(), typeof code === 'string' ? code : OTHER);
      throw error;
    }
  }

  /** The beginning of the upstream's own answer. */
  see(answer: Buffer): void {
    this.answeringModel ??= MODEL.exec(answer.toString('utf8', 0, HEAD_BYTES))?.[1];
  }

  /** What ended it first is what it was. */
  end(now: number, errorType: string | undefined): void {
    if (this.endedAt !== undefined) return;
    this.endedAt = now;
    this.errorType = errorType;
    this.isError = errorType !== undefined;
  }

  /** @param offset from the monotonic clock to the time since 1970 */
  span(parentId: string, offset: number): Span {
    const { provider } = this.target;
    const model = this.target.model.slice(0, LONGEST_MODEL);
    const { hostname, port, protocol } = new URL(provider.baseUrl);
    const operation = operationWord(this.operation);
    return {
      traceId: this.context.traceId,
      spanId: this.spanId,
      parentId,
      state: this.context.state,
      name: `${operation} ${model}`,
      kind: 'client',
      startAt: this.startedAt + offset,
      endAt: (this.endedAt ?? this.startedAt) + offset,
      isError: this.isError,
      attributes: {
        'gen_ai.operation.name': operation,
        'gen_ai.request.model': model,
        'gen_ai.provider.name': provider.name,
        'gen_ai.response.model': this.answeringModel,
        'gen_ai.usage.input_tokens': this.usage?.promptTokens,
        'gen_ai.usage.output_tokens': this.usage?.completionTokens,
        'error.type': this.errorType,
        'http.response.status_code': this.exchange?.status || undefined,
        'server.address': hostname,
        'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
        'pllm.provider.type': provider.type,
      },
    };
  }
}
