import { GatewayError } from '#contract';
import type { HeaderPairs, OperationName, Provider, Target, WireRequest } from '#contract';
import { asksForUsage, findAdapter } from '#providers';
import type { Codec, DecodeContext, Decoded, StreamDecoder } from '#providers';
import { readRetryAfter, SseReader } from '#upstream';
import type { Exchange, ResponseHead, UpstreamClient, UpstreamRequest } from '#upstream';

/** A target that answered: whole, or with the first payloads of a stream. */
export type Winner = WholeWinner | StreamWinner;

interface WholeWinner {
  readonly kind: 'whole';
  readonly decoded: Decoded;
}

export interface StreamWinner {
  readonly kind: 'stream';
  readonly first: Buffer[];
  readonly decoder: StreamDecoder;
  readonly reader: SseReader;
}

/** What does not change from one call to the next. */
interface Route {
  readonly origin: string;
  readonly path: string;
  /** For a whole answer, and for a stream. */
  readonly headers: HeaderPairs;
  readonly streamHeaders: HeaderPairs;
  readonly codec: Codec;
}

const BASE_HEADERS = {
  'content-type': 'application/json',
  'accept-encoding': 'identity',
  'user-agent': 'pllm',
};

/** Asks one target, up to the point where the client's status is known. Errors until then may go to the next target. */
export class Attempts {
  private readonly routes = new WeakMap<Target, Route>();

  constructor(private readonly client: UpstreamClient) {}

  /** Sends the request; the caller aborts the exchange when it is done with it. @throws GatewayError */
  send(operation: OperationName, request: WireRequest, target: Target): Exchange {
    const { origin, path, headers, streamHeaders, codec } = this.route(operation, target);
    const upstream: UpstreamRequest = {
      origin,
      path,
      method: 'POST',
      headers: request.value.stream === true ? streamHeaders : headers,
      body: codec.encode(request as Parameters<typeof codec.encode>[0], target),
      timeouts: target.timeouts,
    };
    return this.client.send(upstream);
  }

  /** @throws GatewayError */
  async receive(
    operation: OperationName,
    request: WireRequest,
    target: Target,
    exchange: Exchange,
  ): Promise<Winner> {
    const { codec } = this.route(operation, target);
    const context: DecodeContext = {
      // As the client spelled it.
      model: request.bytes.subarray(request.spans.model.start, request.spans.model.end),
      includeUsage: asksForUsage(request.value),
    };
    try {
      const head = await exchange.head;
      if (head.status !== 200) throw await readError(codec, head, exchange);
      if (request.value.stream !== true) {
        return { kind: 'whole', decoded: codec.decode(await exchange.readAll(), context) };
      }
      if (!isEventStream(head)) throw await readUnstreamed(codec, context, exchange);
      return await openStream(codec, context, exchange);
    } catch (error) {
      exchange.release();
      throw hideProvider(GatewayError.from(error), target.provider);
    }
  }

  private route(operation: OperationName, target: Target): Route {
    let route = this.routes.get(target);
    if (!route) {
      route = makeRoute(operation, target);
      this.routes.set(target, route);
    }
    return route;
  }
}

function makeRoute(operation: OperationName, target: Target): Route {
  const { provider } = target;
  const adapter = findAdapter(provider.type);
  const codec = adapter?.operations[operation];
  if (!adapter || !codec) throw new GatewayError('unsupported_operation', { param: 'model' });
  const { origin, pathname, search } = adapter.address(target, operation);
  const headers = { ...BASE_HEADERS, ...adapter.authorize(provider.secret), ...provider.headers };
  return {
    origin,
    path: pathname + search,
    headers: Object.entries({ accept: 'application/json', ...headers }).flat(),
    streamHeaders: Object.entries({ accept: 'text/event-stream', ...headers }).flat(),
    codec,
  };
}

async function readError(codec: Codec, head: ResponseHead, exchange: Exchange): Promise<GatewayError> {
  // A broken error body is still that error.
  const body = await exchange.readAll().catch(() => Buffer.alloc(0));
  return codec.decodeError(head.status, body, readRetryAfter(head.headers, Date.now()));
}

/** A stream was asked for and something else came: an error under status 200, or a provider that cannot stream. */
async function readUnstreamed(
  codec: Codec,
  context: DecodeContext,
  exchange: Exchange,
): Promise<GatewayError> {
  codec.decode(await exchange.readAll(), context);
  return new GatewayError('upstream_unavailable', { message: 'The provider did not answer with a stream.' });
}

/** Reads up to the first payload: a provider may send its error as the first event. */
async function openStream(codec: Codec, context: DecodeContext, exchange: Exchange): Promise<StreamWinner> {
  const decoder = codec.openStream(context);
  const reader = new SseReader(exchange);
  const first: Buffer[] = [];
  while (first.length === 0 && !decoder.isComplete) {
    const events = await reader.next();
    if (!events) {
      first.push(...decoder.end());
      break;
    }
    for (const event of events) first.push(...decoder.push(event));
  }
  if (first.length === 0) {
    throw new GatewayError('upstream_unavailable', {
      message: 'The provider answered with an empty stream.',
    });
  }
  return { kind: 'stream', first, decoder, reader };
}

function isEventStream({ headers }: ResponseHead): boolean {
  return /^text\/event-stream\b/i.test(String(headers['content-type'] ?? 'text/event-stream'));
}

/** What an upstream says of an error may name its address or our key: that is not for clients. */
export function hideProvider(error: GatewayError, provider: Provider): GatewayError {
  if (!error.upstream) return error;
  const { status, message, code, param } = error.upstream;
  const secrets = [
    provider.secret,
    provider.baseUrl,
    new URL(provider.baseUrl).host,
    ...Object.values(provider.headers),
  ].filter((secret) => secret !== undefined && secret.length > 3);
  const hide = (text: string): string =>
    secrets.reduce<string>((shown, secret) => shown.replaceAll(secret as string, '[hidden]'), text);
  return new GatewayError(error.code, {
    retryAfter: error.retryAfter,
    cause: error.cause,
    upstream: {
      status,
      message: hide(message),
      code: code === null ? null : hide(code),
      param: param === null ? null : hide(param),
    },
  });
}
