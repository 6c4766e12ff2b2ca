import { JsonMembers } from '#contract';
import type { GatewayError, OperationName } from '#contract';
import { Tally } from '#metering';
import type { UsageSpool } from '#metering';
import type { TraceHeaders, Tracer } from '#observability';
import type { Caller } from '../auth/caller.js';

/** Operations by the paths of their endpoints, behind `/v1/`. */
const OPERATIONS: Readonly<Record<string, OperationName | undefined>> = {
  'chat/completions': 'chat',
  completions: 'completions',
  embeddings: 'embeddings',
  moderations: 'moderations',
  messages: 'messages',
  'messages/count_tokens': 'count_tokens',
  responses: 'responses',
  rerank: 'rerank',
  'images/generations': 'image_generations',
  'images/edits': 'image_edits',
  'images/variations': 'image_variations',
  'audio/transcriptions': 'transcriptions',
  'audio/translations': 'translations',
  'audio/speech': 'speech',
};

const PREFIX = /^\/(?:api\/)?v1\//;

/** A larger body is not searched for the model that it names. */
const LARGEST_SEARCHED = 1024 * 1024;

/** What is known of a request that is refused before it is a call. */
export interface RefusedRequest {
  readonly id: string;
  readonly method: string;
  readonly at: number;
  readonly startedAt: number;
  readonly headers: object;
  readonly caller?: Caller | undefined;
  readonly routeOptions: { readonly url?: string | undefined };
  readonly body?: unknown;
  /** The model of a form that was read so far. */
  readonly askedModel?: string | undefined;
}

/** Records and traces the calls of known callers that never reached the relay. Those which did have both from it. */
export class Refusals {
  private readonly members = new JsonMembers(['model', 'user', 'stream']);

  constructor(
    private readonly ledger: Pick<UsageSpool, 'append'>,
    /** Undefined: nobody wants traces. */
    private readonly tracer: Tracer | undefined,
  ) {}

  /** Settles when the call is in the spool; undefined: it is no call, or nobody's. */
  record(request: RefusedRequest, error: GatewayError): Promise<void> | undefined {
    const { caller, routeOptions } = request;
    const operation = caller && request.method === 'POST' ? operationAt(routeOptions.url) : undefined;
    if (!caller || !operation) return undefined;
    const { id: requestId, at, startedAt } = request;
    const traceHeaders = request.headers as TraceHeaders;
    const { keyId, teamId } = caller;
    const tally = new Tally({ requestId, at, keyId, teamId, operation, ...this.ask(request) }, startedAt);
    tally.fail(error);
    const now = performance.now();
    const record = tally.close(now);
    this.tracer?.begin({ requestId, at, startedAt, traceHeaders }).end(record, now);
    return this.ledger.append(record);
  }

  /** What was asked for, as far as it can be read. */
  private ask({ body, askedModel }: RefusedRequest) {
    const nothing = { model: askedModel ?? '', endUser: null, stream: false };
    if (!Buffer.isBuffer(body) || body.length > LARGEST_SEARCHED) return nothing;
    this.members.read(body);
    const [model, user, stream] = [
      this.value(body, 'model'),
      this.value(body, 'user'),
      this.value(body, 'stream'),
    ];
    return {
      model: typeof model === 'string' ? model : '',
      endUser: typeof user === 'string' && user !== '' ? user : null,
      stream: stream === true,
    };
  }

  private value(body: Buffer, name: 'model' | 'user' | 'stream'): unknown {
    const start = this.members.start(name);
    if (start < 0) return undefined;
    try {
      return JSON.parse(body.toString('utf8', start, this.members.end(name)));
    } catch {
      return undefined;
    }
  }
}

function operationAt(url: string | undefined): OperationName | undefined {
  if (url === undefined || !PREFIX.test(url)) return undefined;
  const path = url.replace(PREFIX, '');
  return Object.hasOwn(OPERATIONS, path) ? OPERATIONS[path] : undefined;
}
