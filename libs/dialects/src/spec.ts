import type { ChatRequest, GatewayError, JsonRequest, Operation, RelayedRequest } from '#contract';
import type { DecodeContext } from '#providers';

/** The operations that are a chat in other words. */
export type DialectName = 'messages' | 'responses';

/**
 * A client's own wire, spoken to targets that know chat completions only. Pure functions: no I/O, no clock, no dice;
 * what varies arrives in `context`.
 */
export interface Dialect<N extends DialectName = DialectName> {
  /** The call as a chat. @throws GatewayError that names what a chat has no words for */
  toChat(request: JsonRequest<Operation[N]['Request']>, words: ChatWords): ChatRequest;
  /** Names of the request's hints for which a chat has no place. */
  dropped(value: Operation[N]['Request'], words: ChatWords): readonly string[];
  /** A whole chat completion as the client's answer. */
  fromChat(completion: Buffer, context: AnswerContext): Buffer;
  /** A chat's chunks as the client's events. */
  openStream(context: AnswerContext): DialectStream;
}

/** What a chat's reader understands beyond OpenAI's words. */
export interface ChatWords {
  /** `thinking_blocks` on an assistant's messages, `cache_control` on parts and tools, `thinking` and `top_k`. */
  readonly hasExtensions: boolean;
  /** `extra_content` on an assistant's messages and calls. */
  readonly hasSignatures?: boolean;
}

/** `request` is the client's own. */
export interface AnswerContext extends Omit<DecodeContext, 'request'> {
  readonly request: RelayedRequest;
}

/** A state machine fed with the chunks of one chat, the one with its usage included. It answers with events as text. */
export interface DialectStream {
  push(chunk: ChatChunk): string;
  /** The chat is complete: what goes out before the ending. */
  end(): string;
  /** The last event, held back until the call is recorded. Only once `end` was called. */
  readonly ending: string;
  /** The event that tells of an error in the middle of the stream. */
  fail(error: GatewayError): string;
}

/** A chunk of a chat completion; what nobody has looked at may be anything. */
export interface ChatChunk {
  readonly id?: unknown;
  readonly choices?: readonly ChunkChoice[];
  readonly usage?: unknown;
  readonly service_tier?: unknown;
}

export interface ChunkChoice {
  readonly delta?: Readonly<Record<string, unknown>>;
  readonly finish_reason?: string | null;
  readonly logprobs?: unknown;
}
