/** Bedrock's Converse wire: what this adapter writes and reads of it. */

export type Source = { readonly bytes: string } | { readonly s3Location: { readonly uri: string } };

export interface TextBlock {
  readonly text: string;
}

export interface ImageBlock {
  readonly image: { readonly format: string; readonly source: Source };
}

export interface DocumentBlock {
  readonly document: { readonly format: string; readonly name: string; readonly source: Source };
}

/** Up to here a prompt is kept for the next call. */
export interface CachePointBlock {
  readonly cachePoint: { readonly type: 'default'; readonly ttl?: string };
}

/** What a user, or the result of a tool, may hold. */
export type PartBlock = TextBlock | ImageBlock | DocumentBlock | CachePointBlock;

export interface ToolUseBlock {
  readonly toolUse: {
    readonly toolUseId: string;
    readonly name: string;
    /** JSON text: numbers that JavaScript cannot hold stay as they are. */
    readonly input: string;
  };
}

export interface ToolResultBlock {
  readonly toolResult: { readonly toolUseId: string; readonly content: readonly PartBlock[] };
}

/** A thought, in words and signed, or as only its model can read it. */
export interface ReasoningBlock {
  readonly reasoningContent:
    | { readonly reasoningText: { readonly text: string; readonly signature: string } }
    | { readonly redactedContent: string };
}

export type RequestBlock = PartBlock | ToolUseBlock | ToolResultBlock | ReasoningBlock;

export interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: RequestBlock[];
}

export interface ToolSpec {
  readonly toolSpec: {
    readonly name: string;
    readonly description?: string;
    readonly inputSchema: { readonly json: unknown };
  };
}

export type ToolChoice =
  { readonly auto: object } | { readonly any: object } | { readonly tool: { readonly name: string } };

export interface ToolConfig {
  readonly tools: readonly (ToolSpec | CachePointBlock)[];
  readonly toolChoice?: ToolChoice;
}

export interface TokenUsage {
  readonly inputTokens?: number | null;
  readonly outputTokens?: number | null;
  readonly cacheReadInputTokens?: number | null;
  readonly cacheWriteInputTokens?: number | null;
}

/** A block of an answer; kinds that are not read here hold what they like. */
export interface AnswerContent {
  readonly text?: string;
  readonly toolUse?: { readonly toolUseId?: string; readonly name?: string; readonly input?: unknown };
  readonly reasoningContent?: {
    readonly reasoningText?: { readonly text?: string; readonly signature?: string };
    readonly redactedContent?: string;
  };
  readonly citationsContent?: { readonly content?: readonly { readonly text?: string }[] };
}

export interface ConverseAnswer {
  readonly output?: { readonly message?: { readonly content?: readonly AnswerContent[] } | null } | null;
  readonly stopReason?: string;
  readonly usage?: TokenUsage | null;
  readonly serviceTier?: { readonly type?: string } | null;
}

/** What a block of a stream begins with. */
export interface BlockStart {
  readonly toolUse?: { readonly toolUseId?: string; readonly name?: string };
}

/** What it is extended by. */
export interface BlockPiece {
  readonly text?: string;
  readonly toolUse?: { readonly input?: string };
  readonly reasoningContent?: {
    readonly text?: string;
    readonly signature?: string;
    readonly redactedContent?: string;
  };
}

/** The payload of an event; its type is the event's name. */
export interface StreamPayload {
  readonly contentBlockIndex?: number;
  readonly start?: BlockStart;
  readonly delta?: BlockPiece;
  readonly stopReason?: string;
  readonly usage?: TokenUsage | null;
}
