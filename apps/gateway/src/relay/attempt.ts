import { EVENT_STREAM, GatewayError, asksForStream } from '#contract';
import type { HeaderPairs, OperationName, Target, WireRequest } from '#contract';
import type { AttemptTrace } from '#observability';
import { isUpload, jsonIn } from '#providers';
import type { Codec, DecodeContext, Decoded } from '#providers';
import { FRAMINGS, MOST_BYTES, readRetryAfter } from '#upstream';
import type { AccessToken, Exchange, UpstreamClient } from '#upstream';
import type { Call } from './call.js';
import { isOfText } from './estimate-usage.js';
import { hideProvider } from './hide-provider.js';
import { BytesPieces, EventPieces } from './pieces.js';
import { modelText } from './model-text.js';
import type { Pieces } from './pieces.js';
import { Routes } from './route.js';
import { SeenText } from './seen-text.js';

/** A target that answered: whole, or with the first pieces. */
export type Winner = WholeWinner | PiecesWinner;

export interface WholeWinner {
  readonly kind: 'whole';
  readonly decoded: Decoded;
}

export interface PiecesWinner {
  readonly kind: 'pieces';
  readonly contentType: string;
  readonly first: Buffer[];
  readonly pieces: Pieces;
}

/** Asks one target, up to the point where the client's status is known. Errors until then may go to the next target. */
export class Attempts {
  private readonly routes: Routes;

  constructor(private readonly client: UpstreamClient) {
    this.routes = new Routes(client.tokens);
  }

  /** What of the request the target is not told, since it has nothing for it. */
  droppedParameters(operation: OperationName, request: WireRequest, target: Target): readonly string[] {
    const { codec } = this.routes.find(operation, target);
    return codec.dropped?.(request as Parameters<Codec['encode']>[0], target) ?? [];
  }

  /** Sends the request; the caller aborts the exchange when it is done with it. @throws GatewayError */
  send(
    { operation, request, headers: own }: Call,
    target: Target,
    trace: AttemptTrace | undefined,
  ): Exchange {
    const route = this.routes.find(operation, target);
    const { origin, codec } = route;
    if (target.isStrict) refuseHints(this.droppedParameters(operation, request, target));
    const encoded = codec.encode(request as Parameters<Codec['encode']>[0], target);
    const isStream = asksForStream(request.value);
    const upload = isUpload(encoded) ? encoded : undefined;
    const jsonHeaders = isStream ? route.streamHeaders : route.headers;
    const made = upload ? route.headersFor(upload.contentType, upload.length) : jsonHeaders;
    const plain = codec.passesHeaders ? passHeaders(made, own, codec.passesHeaders) : made;
    const path = isStream ? route.streamPath : route.path;
    // What is signed is in one piece.
    const signed = route.sign && jsonIn(encoded);
    const headers = route.sign && signed ? [...plain, ...route.sign(path, signed)] : plain;
    return this.client.send({
      origin,
      path,
      method: 'POST',
      headers: trace && route.joinsTraces ? [...headers, ...trace.headers] : headers,
      token: route.token,
      body: signed ?? (isUpload(encoded) ? encoded.pieces : encoded),
      timeouts: target.timeouts,
      wholeBytes: isStream ? 0 : Math.min(codec.wholeBytes, MOST_BYTES),
    });
  }

  /** @throws GatewayError */
  async receive(
    { operation, request, requestId }: Call,
    target: Target,
    exchange: Exchange,
    trace: AttemptTrace | undefined,
  ): Promise<Winner> {
    const { codec, token } = this.routes.find(operation, target);
    try {
      await exchange.begun();
      if (exchange.status !== 200) throw await readError(codec, exchange, token);
      const isStream = asksForStream(request.value);
      const framing = FRAMINGS[codec.framing ?? 'sse'];
      const contentType = contentTypeOf(exchange, isStream ? framing.contentType : 'application/json');
      const created = Math.floor(Date.now() / 1000);
      const model = modelText(request, isStream);
      const context: DecodeContext = {
        model,
        request: request.value,
        target,
        contentType,
        created,
        requestId,
      };
      if (isStream) {
        if (!contentType.toLowerCase().startsWith(framing.contentType))
          throw await readUnstreamed(codec, context, exchange);
        const seen = isOfText(operation) ? new SeenText() : undefined;
        const see = trace && ((answer: Buffer) => trace.see(answer));
        const pieces = new EventPieces(framing.open(exchange), codec.openStream(context), seen, see);
        return await begin(pieces, EVENT_STREAM);
      }
      if (exchange.ended) {
        const body = exchange.takeWhole();
        trace?.see(body);
        return { kind: 'whole', decoded: codec.decode(body, context) };
      }
      const decoder = codec.openBytes?.(context);
      if (!decoder) throw new GatewayError('upstream_unavailable', { message: 'The answer is too large.' });
      return await begin(new BytesPieces(exchange, decoder), contentType);
    } catch (error) {
      exchange.release();
      throw hideProvider(GatewayError.from(error), target.provider);
    }
  }
}

/** @throws GatewayError `unsupported_parameter` */
function refuseHints([name]: readonly string[]): void {
  if (name === undefined) return;
  const message = `This model does not support the parameter '${name}', and is strict.`;
  throw new GatewayError('unsupported_parameter', { param: name, message });
}

/** The client's headers of these names, in place of those that were made without it. */
function passHeaders(made: HeaderPairs, own: Call['headers'], names: readonly string[]): HeaderPairs {
  const passed = names.filter((name) => typeof own[name] === 'string');
  if (passed.length === 0) return made;
  const kept = made.filter((_, at) => !passed.includes(made[at - (at % 2)] ?? ''));
  return [...kept, ...passed.flatMap((name) => [name, String(own[name])])];
}

async function readError(
  codec: Codec,
  exchange: Exchange,
  token: AccessToken | undefined,
): Promise<GatewayError> {
  const { status, headers } = exchange;
  // A broken error body is still that error.
  const body = await exchange.readAll().catch(() => Buffer.alloc(0));
  const error = codec.decodeError(status, body, readRetryAfter(headers, Date.now()));
  if (status !== 401 || !token?.refuse(exchange)) return error;
  // A token may be taken back before its end: the same target may answer to the next one.
  return new GatewayError('upstream_unavailable', { cause: error.cause, upstreamStatus: status });
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

/** What a stream may bring before its first content; what is behind it is shown all the same. */
const MOST_HELD_BYTES = 64 * 1024;

/**
 * The commit gate: holds a stream back until it has content. Until then the client has seen nothing of it, and
 * whatever goes wrong (an error as an event, a cut, an end with nothing before it) is an error that another target
 * may do better.
 */
async function begin(pieces: Pieces, contentType: string): Promise<PiecesWinner> {
  const first: Buffer[] = [];
  let bytes = 0;
  while (!pieces.hasContent || first.length === 0) {
    const next = await pieces.next();
    if (!next) throw emptyStream();
    for (const piece of next) bytes += piece.length;
    first.push(...next);
    if (bytes > MOST_HELD_BYTES) break;
  }
  return { kind: 'pieces', contentType, first, pieces };
}

function emptyStream(): GatewayError {
  return new GatewayError('upstream_unavailable', {
    message: 'The provider answered with an empty stream.',
  });
}

/** An upstream that does not say what it sends is taken to send what was asked for. */
function contentTypeOf({ headers }: Exchange, asked: string): string {
  const given = headers['content-type'];
  return typeof given === 'string' && given !== '' ? given : asked;
}
