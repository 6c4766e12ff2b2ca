import type { AnswerBlock, BlockDelta, Thought } from '../claude/blocks.js';

/** Anthropic's Messages wire, version 2023-06-01: what this adapter writes and reads of it. */

export interface TextBlock {
  readonly type: 'text';
  readonly text: string;
}

export type Source =
  | { readonly type: 'url'; readonly url: string }
  | { readonly type: 'base64'; readonly media_type: string; readonly data: string }
  | { readonly type: 'text'; readonly media_type: 'text/plain'; readonly data: string };

export interface ImageBlock {
  readonly type: 'image';
  readonly source: Source;
}

export interface DocumentBlock {
  readonly type: 'document';
  readonly source: Source;
  readonly title?: string;
}

/** What a user, or the result of a tool, may hold. */
export type PartBlock = (TextBlock | ImageBlock | DocumentBlock) & CacheMark;

export interface ToolUseBlock extends CacheMark {
  readonly type: 'tool_use';
  readonly id: string;
  readonly name: string;
  /** JSON text: numbers that JavaScript cannot hold stay as they are. */
  readonly input: string;
}

export interface ToolResultBlock extends CacheMark {
  readonly type: 'tool_result';
  readonly tool_use_id: string;
  readonly content?: readonly PartBlock[];
}

export type RequestBlock = PartBlock | ToolUseBlock | ToolResultBlock | Thought;

/** Up to here a prompt is kept for the next call. */
export interface CacheMark {
  readonly cache_control?: unknown;
}

export interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: RequestBlock[];
}

export interface Tool extends CacheMark {
  readonly name: string;
  readonly description?: string;
  readonly input_schema: unknown;
  readonly strict?: true;
}

export interface ToolChoice {
  readonly type: 'auto' | 'any' | 'tool' | 'none';
  readonly name?: string;
  readonly disable_parallel_tool_use?: true;
}

/** Tokens. In a stream the first event tells of the prompt, a later one of all. */
export interface MessageUsage {
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
  readonly cache_read_input_tokens?: number | null;
  readonly output_tokens_details?: { readonly thinking_tokens?: number | null } | null;
  readonly service_tier?: string | null;
}

export interface Message {
  readonly type?: string;
  readonly id?: string;
  readonly content?: readonly AnswerBlock[];
  readonly stop_reason?: string | null;
  readonly stop_details?: StopDetails | null;
  readonly usage?: MessageUsage | null;
}

/** Why it refused. */
export interface StopDetails {
  readonly explanation?: string | null;
}

export interface Delta extends BlockDelta {
  readonly type?: string;
  readonly stop_reason?: string | null;
  readonly stop_details?: StopDetails | null;
}

/** An event of a stream. */
export interface StreamEvent {
  readonly type?: string;
  readonly index?: number;
  readonly message?: Message;
  readonly content_block?: AnswerBlock;
  readonly delta?: Delta;
  readonly usage?: MessageUsage | null;
}
