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
  /** How the secret is exchanged for a token that authorizes; undefined: it authorizes as it is. */
  tokenGrant?(secret: string | undefined): TokenGrant | undefined;
  /** Why a provider that is set up so cannot work; undefined: nothing is seen to be wrong. */
  fault?(provider: Pick<Provider, 'baseUrl' | 'secret'>): ProviderFault | undefined;
  /**
   * Further headers, of a provider whose credential signs each request; undefined: it is only shown.
   *
   * @param at when the request is sent
   * @throws GatewayError where the credential is none that signs
   */
  readonly sign?: (request: RequestToSign, provider: Provider, at: Date) => Record<string, string>;
  /** Is it a server that operators run themselves, and may see in their traces? */
  readonly joinsTraces: boolean;
  /** Patterns of the names that clients know its models by; undefined: they say whose they mean. */
  readonly ownNames?: readonly string[];
  /** What none of its models can, whatever else is known of them. */
  readonly lacks?: readonly ('tools' | 'structured_output')[];
  readonly operations: { readonly [N in OperationName]?: Codec<N> };
}

/** A secret that stays here: what is signed with it is exchanged for a token that is good for a while (RFC 7523). */
export interface TokenGrant {
  /** Where the token is asked for. */
  readonly url: URL;
  /** PEM; signs by RS256. */
  readonly privateKey: string;
  /** What is signed (RFC 7515, 5.1). @param now in seconds since 1970 */
  signingInput(now: number): string;
  /** The form that is sent. */
  body(assertion: string): Buffer;
  /** What the token server answered. @throws GatewayError when that is no token */
  read(status: number, body: Buffer, retryAfter?: number): GrantedToken;
}

export interface GrantedToken {
  readonly token: string;
  /** How long it is good. */
  readonly seconds: number;
}

/** What is wrong with a provider, told to its operator behind the name of the member. */
export interface ProviderFault {
  readonly param: 'base_url' | 'api_key';
  readonly message: string;
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
  /** Names of the client's headers that the upstream is shown, in place of the adapter's own. */
  readonly passesHeaders?: readonly string[];
  /** Reads `thinking_blocks`, `cache_control`, `thinking` and `top_k` in a chat, which are not OpenAI's. */
  readonly hasExtensions?: true;
  /** Signs what it says and calls (`extra_content`), and wants the signatures back. */
  readonly hasSignatures?: true;
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

/** What is sent: JSON, a large one in pieces, or an upload that is read as it is sent. */
export type UpstreamBody = Buffer | readonly Buffer[] | UpstreamUpload;

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
  /** The call's own id: what new ids are made of. */
  readonly requestId: string;
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
  /** The event that tells the client of an error in the middle; undefined where it is the wire's usual one. */
  fail?(error: GatewayError): string;
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
