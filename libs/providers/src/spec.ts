import type {
  GatewayError,
  Operation,
  OperationName,
  Provider,
  SseEvent,
  Target,
  Usage,
  WireRequest,
} from '#contract';

/** An upstream API, as data and pure functions. An operation that is absent is one the provider cannot do. */
export interface ProviderAdapter {
  /** The `type` of a provider that this adapter speaks to. */
  readonly name: string;
  /** Where the provider lives when the operator does not say; undefined: the operator must say. */
  readonly defaultBaseUrl: string | undefined;
  address(target: Target, operation: OperationName): URL;
  /** The list of models that the upstream offers: a cheap call that proves address and credential. */
  modelsAddress(provider: Provider): URL;
  authorize(secret: string | undefined): Record<string, string>;
  readonly operations: { readonly [N in OperationName]?: Codec<N> };
}

/** Translates one operation, both ways. No I/O, no clock, no dice: what varies arrives in `context`. */
export interface Codec<N extends OperationName = OperationName> {
  /** 'bytes': the wire is the caller's own and is forwarded with names spliced. 'values': parsed and printed. */
  readonly fidelity: 'bytes' | 'values';
  encode(request: WireRequest<Operation[N]['Request']>, target: Target): Buffer;
  decode(body: Buffer, context: DecodeContext): Decoded;
  openStream(context: DecodeContext): StreamDecoder;
  /** `retryAfter` in seconds, from the answer's headers. */
  decodeError(status: number, body: Buffer, retryAfter?: number): GatewayError;
}

export interface DecodeContext {
  /** The name the client asked for, as JSON text. */
  readonly model: Buffer;
  /** Did the client ask for usage in its stream? */
  readonly includeUsage: boolean;
}

/** A whole answer in the client's wire, and the usage it told of. */
export interface Decoded {
  readonly body: Buffer;
  readonly usage: Usage | undefined;
}

/** A state machine fed with upstream events; it answers with the payloads that the client should see. */
export interface StreamDecoder {
  /** @throws GatewayError when the event is an error, or not a chunk */
  push(event: SseEvent): Buffer[];
  /** The upstream closed the stream in good order. @throws GatewayError when the answer was not complete */
  end(): Buffer[];
  readonly usage: Usage | undefined;
  /** Did the upstream say that the answer ends here? Its connection may stay open behind that. */
  readonly isComplete: boolean;
}
