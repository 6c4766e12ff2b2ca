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

/** `POST /completions`: a prompt, several, or tokens. */
export interface CompletionRequest extends RelayedRequest {
  readonly prompt?: string | readonly unknown[] | null;
  readonly n?: number | null;
  readonly best_of?: number | null;
  readonly max_tokens?: number | null;
  readonly logprobs?: number | null;
  readonly temperature?: number | null;
  readonly top_p?: number | null;
  readonly presence_penalty?: number | null;
  readonly frequency_penalty?: number | null;
  readonly stop?: string | readonly string[] | null;
}

/** `POST /embeddings`: a text, several, or tokens. */
export interface EmbeddingsRequest extends RelayedRequest {
  readonly input: string | readonly unknown[];
  readonly encoding_format?: 'float' | 'base64' | null;
  readonly dimensions?: number | null;
}

/** `POST /images/generations`. */
export interface ImageRequest extends RelayedRequest {
  readonly prompt?: string | null;
  readonly n?: number | null;
  readonly partial_images?: number | null;
}

/** `POST /images/edits`, `/images/variations`: multipart; edits in JSON too. */
export interface ImageEditRequest extends RelayedRequest {
  readonly prompt?: string | null;
  readonly n?: number | null;
}

/** `POST /audio/transcriptions`, `/audio/translations`: multipart. */
export interface TranscriptionRequest extends RelayedRequest {
  readonly response_format?: string | null;
}

/** `POST /audio/speech`. */
export interface SpeechRequest extends RelayedRequest {
  readonly input: string;
  readonly voice: unknown;
  readonly response_format?: string | null;
  readonly speed?: number | null;
}

/** `POST /moderations`. */
export interface ModerationRequest extends RelayedRequest {
  readonly input: string | readonly unknown[];
}

/** `POST /messages`, Anthropic's wire: the members that the gateway itself looks at. */
export interface MessagesRequest extends RelayedRequest {
  readonly messages: readonly ChatMessage[];
  readonly max_tokens: number;
  readonly system?: unknown;
  readonly tools?: readonly unknown[] | null;
  readonly metadata?: { readonly user_id?: string | null } | null;
}

/** `POST /messages/count_tokens`. */
export interface CountTokensRequest extends RelayedRequest {
  readonly messages: readonly ChatMessage[];
  readonly system?: unknown;
  readonly tools?: readonly unknown[] | null;
}

/** `POST /responses`, OpenAI's wire. */
export interface ResponsesRequest extends RelayedRequest {
  readonly input?: string | readonly unknown[] | null;
  readonly instructions?: string | null;
  readonly previous_response_id?: string | null;
  readonly store?: boolean | null;
  readonly max_output_tokens?: number | null;
  readonly temperature?: number | null;
  readonly top_p?: number | null;
}

/** `POST /rerank`, in Cohere's shape: OpenAI has none. */
export interface RerankRequest extends RelayedRequest {
  readonly query: string;
  readonly documents: readonly unknown[];
  readonly top_n?: number | null;
  readonly max_tokens_per_doc?: number | null;
  readonly return_documents?: boolean | null;
}

/** Operations by name, each with the wire type of its request. */
export interface Operation {
  readonly chat: { readonly Request: ChatRequest };
  readonly completions: { readonly Request: CompletionRequest };
  readonly embeddings: { readonly Request: EmbeddingsRequest };
  readonly image_generations: { readonly Request: ImageRequest };
  readonly image_edits: { readonly Request: ImageEditRequest };
  readonly image_variations: { readonly Request: ImageEditRequest };
  readonly transcriptions: { readonly Request: TranscriptionRequest };
  readonly translations: { readonly Request: TranscriptionRequest };
  readonly speech: { readonly Request: SpeechRequest };
  readonly moderations: { readonly Request: ModerationRequest };
  readonly messages: { readonly Request: MessagesRequest };
  readonly count_tokens: { readonly Request: CountTokensRequest };
  readonly responses: { readonly Request: ResponsesRequest };
  readonly rerank: { readonly Request: RerankRequest };
}

export type OperationName = keyof Operation;

/** Members of every request that decide how it is relayed. */
export interface RelayedRequest {
  readonly model: string;
  readonly stream?: boolean | null;
  readonly stream_options?: { readonly include_usage?: boolean | null } | null;
  readonly stream_format?: string | null;
  readonly user?: string | null;
}

/** Whom the client asks for, by its own name for them; Anthropic's wire has another place for it. */
export function endUserOf(value: RelayedRequest): string | null {
  const { metadata } = value as Partial<MessagesRequest>;
  const given = value.user ?? metadata?.user_id;
  return typeof given === 'string' && given !== '' ? given : null;
}

/** Does the client want its answer as server-sent events? Speech asks for them in words of its own. */
export function asksForStream({ stream, stream_format: format }: RelayedRequest): boolean {
  return stream === true || format === 'sse';
}

/** A request as it came. */
export type WireRequest<Request extends RelayedRequest = RelayedRequest> =
  JsonRequest<Request> | UploadRequest<Request>;

/** A JSON body: its bytes, what they say, and where the members stand that the gateway rewrites. */
export interface JsonRequest<Request extends RelayedRequest = RelayedRequest> {
  readonly bytes: Buffer;
  readonly value: Request;
  readonly spans: RequestSpans;
  readonly upload?: undefined;
  /** Undefined: the request stands for itself. */
  readonly history?: History | undefined;
}

/** What came before a request of Responses: `value.input` begins with it, and `bytes` name it by an id. */
export interface History {
  /** How many items of `value.input` it is. */
  readonly length: number;
  /** The provider account that knows it by that id; undefined: none does. */
  readonly providerId: string | undefined;
}

/** A multipart body: its text fields, and the body itself, wherever it is kept. */
export interface UploadRequest<Request extends RelayedRequest = RelayedRequest> {
  readonly value: Request;
  readonly upload: Upload;
}

/** A body that is too large for memory, and can be read again for each attempt. */
export interface Upload {
  /** With its boundary. */
  readonly contentType: string;
  /** In bytes. */
  readonly length: number;
  /** Where the text of the field `model` stands; in a form without one, where a whole part can be put in. */
  readonly model: Span & { readonly before?: string; readonly after?: string };
  /** How long the sound in it is, where the head of its file tells. */
  readonly seconds?: number | undefined;
  /** The bytes `[start, end)`. */
  read(start: number, end: number): AsyncIterable<Buffer>;
}

/** Byte offsets `[start, end)` of values in the body; `close` is the offset of the closing brace. */
export interface RequestSpans {
  /** Undefined: the gateway chose a model for a request that names none. */
  readonly model: Span | undefined;
  readonly streamOptions: Span | undefined;
  readonly close: number;
}

export interface Span {
  readonly start: number;
  readonly end: number;
}
