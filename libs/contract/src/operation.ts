/** A chat message; what is inside is judged by the encoder that must understand it. */
export interface ChatMessage {
  readonly role?: string;
  readonly content?: unknown;
}

/** `POST /chat/completions`, the members that the gateway itself looks at. Everything else is passed on. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream?: boolean | null;
  readonly stream_options?: { readonly include_usage?: boolean | null } | null;
  readonly temperature?: number | null;
  readonly top_p?: number | null;
  readonly n?: number | null;
  readonly max_tokens?: number | null;
  readonly max_completion_tokens?: number | null;
  readonly presence_penalty?: number | null;
  readonly frequency_penalty?: number | null;
  readonly stop?: string | readonly string[] | null;
  readonly user?: string | null;
}

/** Operations by name, each with the wire type of its request. */
export interface Operation {
  readonly chat: { readonly Request: ChatRequest };
}

export type OperationName = keyof Operation;

/** Members of every request that decide how it is relayed. */
export interface RelayedRequest {
  readonly model: string;
  readonly stream?: boolean | null;
  readonly stream_options?: { readonly include_usage?: boolean | null } | null;
  readonly user?: string | null;
}

/** A request as it came: its bytes, what they say, and where the members stand that the gateway rewrites. */
export interface WireRequest<Request extends RelayedRequest = RelayedRequest> {
  readonly bytes: Buffer;
  readonly value: Request;
  readonly spans: RequestSpans;
}

/** Byte offsets `[start, end)` of values in the body; `close` is the offset of the closing brace. */
export interface RequestSpans {
  readonly model: Span;
  readonly streamOptions: Span | undefined;
  readonly close: number;
}

export interface Span {
  readonly start: number;
  readonly end: number;
}
