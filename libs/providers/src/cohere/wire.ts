/** Cohere's wire, version 2: what this adapter writes and reads of it. */

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
}

export interface ImagePart {
  readonly type: 'image_url';
  readonly image_url: { readonly url: string; readonly detail?: string };
}

export interface ThinkingPart {
  readonly type: 'thinking';
  readonly thinking: string;
}

/** What a tool found, in a form that an answer can cite. */
export interface DocumentPart {
  readonly type: 'document';
  readonly document: unknown;
}

export type Part = TextPart | ImagePart | ThinkingPart | DocumentPart;

export interface ToolCall {
  readonly id?: string;
  readonly type: 'function';
  /** The arguments are the text of a JSON object, as OpenAI's are. */
  readonly function: { readonly name?: string; readonly arguments?: string };
}

export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content?: string | readonly Part[];
  readonly tool_plan?: string;
  readonly tool_calls?: readonly ToolCall[];
  readonly tool_call_id?: string;
  readonly citations?: readonly unknown[];
}

export interface Tool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description?: string;
    readonly parameters: unknown;
  };
}

export interface TokenCounts {
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
}

/** `tokens` is what the model read and wrote, Cohere's own words around the messages included; `billed_units` is without those. */
export interface AnswerUsage {
  readonly billed_units?: TokenCounts | null;
  readonly tokens?: TokenCounts | null;
  readonly cached_tokens?: number | null;
}

/** A piece of text, and the logarithms of its tokens' probabilities. */
export interface Logprob {
  readonly text?: string;
  readonly logprobs?: readonly number[];
}

/** Types of content that are not read here hold what they like. */
export interface AnswerContent {
  readonly type?: string;
  readonly text?: string;
  readonly thinking?: string;
}

export interface AnswerMessage {
  readonly content?: readonly AnswerContent[] | null;
  readonly tool_plan?: string | null;
  readonly tool_calls?: readonly ToolCall[] | null;
  readonly citations?: readonly object[] | null;
}

export interface ChatAnswer {
  readonly id?: string;
  readonly message?: AnswerMessage | null;
  readonly finish_reason?: string;
  readonly usage?: AnswerUsage | null;
  readonly logprobs?: readonly Logprob[] | null;
}

/** What an event tells: its lists have become their one item. */
export interface Delta {
  readonly message?: {
    readonly content?: AnswerContent;
    readonly tool_plan?: string;
    readonly tool_calls?: ToolCall;
    readonly citations?: object;
  };
  readonly finish_reason?: string;
  readonly usage?: AnswerUsage | null;
  readonly error?: string | null;
}

/** An event of a stream. */
export interface StreamEvent {
  readonly type?: string;
  readonly id?: string;
  readonly index?: number;
  readonly delta?: Delta | null;
  readonly logprobs?: Logprob | null;
}
