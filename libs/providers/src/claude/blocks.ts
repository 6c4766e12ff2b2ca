/** What Claude's answers are made of, wherever it is asked. */

export interface ThinkingBlock {
  readonly type: 'thinking';
  readonly thinking: string;
  readonly signature: string;
}

/** Thoughts that only Anthropic can read. */
export interface RedactedThinkingBlock {
  readonly type: 'redacted_thinking';
  readonly data: string;
}

export type Thought = ThinkingBlock | RedactedThinkingBlock;

/** A block of an answer; types that are not read here hold what they like. */
export interface AnswerBlock {
  readonly type?: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly signature?: string;
  readonly data?: string;
  readonly id?: string;
  readonly name?: string;
  readonly input?: unknown;
}

/** What a block is extended by in a stream. */
export interface BlockDelta {
  readonly text?: string;
  readonly thinking?: string;
  readonly signature?: string;
  readonly data?: string;
  readonly partial_json?: string;
}
