import type {
  GatewayError,
  Operation,
  OperationName,
  Provider,
  RelayedRequest,
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
  /** @param isStream is the answer to be a stream? Some upstreams have an address of its own for that */
  address(target: Target, operation: OperationName, isStream?: boolean): URL;
  /** The list of models that the upstream offers: a cheap call that proves address and credential. */
  modelsAddress(provider: Provider): URL;
  authorize(secret: string | undefined): Record<string, string>;
  /**
   * Further headers, of a provider whose credential signs each request; undefined: it is only shown.
   *
   * @param at when the request is sent
   * @throws GatewayError where the credential is none that signs
   */
  readonly sign?: (request: RequestToSign, provider: Provider, at: Date) => Record<string, string>;
  /** Is it a server that operators run themselves, and may see in their traces? */
  readonly joinsTraces: boolean;
  readonly operations: { readonly [N in OperationName]?: Codec<N> };
}

/** What is sent, as far as it is signed. */
export interface RequestToSign {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** How the events of a stream are told apart in its bytes: as server-sent events, or as AWS's binary messages. */
export type Framing = 'sse' | 'aws';

/** Translates one operation, both ways. No I/O, no clock, no dice: what varies arrives in `context`. */
export interface Codec<N extends OperationName = OperationName> {
  /** 'bytes': the wire is the caller's own and is forwarded with names spliced. 'values': parsed and printed. */
  readonly fidelity: 'bytes' | 'values';
  /** @throws GatewayError when this provider cannot do what is asked */
  encode(request: WireRequest<Operation[N]['Request']>, target: Target): UpstreamBody;
  /** Names of parameters that `encode` leaves out: hints, which do not make another answer. Undefined: it never does. */
  dropped?(request: WireRequest<Operation[N]['Request']>, target: Target): readonly string[];
  /** A larger answer, in bytes, is not awaited whole but passed on as it comes; 0: none is awaited. */
  readonly wholeBytes: number;
  /** A whole answer. @throws GatewayError when it is none, or an error */
  decode(body: Buffer, context: DecodeContext): Decoded;
  /** Of a streamed answer. Undefined: server-sent events. */
  readonly framing?: Framing;
  /** An answer of events. */
  openStream(context: DecodeContext): StreamDecoder;
  /** An answer that is passed on as it comes; undefined where `wholeBytes` has no end. */
  readonly openBytes?: (context: DecodeContext) => BytesDecoder;
  /** `retryAfter` in seconds, from the answer's headers. */
  decodeError(status: number, body: Buffer, retryAfter?: number): GatewayError;
}

/** What is sent: JSON, or an upload that is read as it is sent. */
export type UpstreamBody = Buffer | UpstreamUpload;

export interface UpstreamUpload {
  readonly contentType: string;
  /** In bytes. */
  readonly length: number;
  readonly pieces: AsyncIterable<Buffer>;
}

export interface DecodeContext {
  /** The name the client asked for, as JSON text. */
  readonly model: Buffer;
  /** The members of the request. */
  readonly request: RelayedRequest;
  /** Who was asked. */
  readonly target: Target;
  /** Of the upstream's answer. */
  readonly contentType: string;
  /** When it came, in seconds since 1970. */
  readonly created: number;
}

/** A whole answer in the client's wire, and the usage it told of. */
export interface Decoded {
  readonly body: Buffer;
  readonly usage: Usage | undefined;
  /** Undefined: JSON. */
  readonly contentType?: string;
}

/** A state machine fed with upstream events; it answers with the events that the client should see, as text. */
export interface StreamDecoder {
  /** @throws GatewayError when the event is an error, or not a chunk */
  push(event: SseEvent): Buffer[];
  /** Reads events that are like the last one, from the place in `bytes` where one begins; undefined: read on. */
  skim?(bytes: Buffer, from: number): Skimmed | undefined;
  /** The upstream closed the stream in good order. @throws GatewayError when the answer was not complete */
  end(): Buffer[];
  readonly usage: Usage | undefined;
  /** Has anything come by which the client would see the answer: a text, a tool call, a refusal, a thought, its end? */
  readonly hasContent: boolean;
  /** Did the upstream say that the answer ends here? Its connection may stay open behind that. */
  readonly isComplete: boolean;
  /** The text that ends a complete stream in the client's wire. */
  readonly ending: string;
}

/** Events that were read without being taken apart. */
export interface Skimmed {
  /** What the client should see. */
  readonly events: Buffer;
  /** How many bytes they were. */
  readonly taken: number;
}

/** Sees the bytes of an answer on their way through. */
export interface BytesDecoder {
  push(piece: Buffer): Buffer;
  readonly usage: Usage | undefined;
}
