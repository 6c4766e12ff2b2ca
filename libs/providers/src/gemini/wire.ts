/** Gemini's wire, version v1beta: what this adapter writes and reads of it. */

export interface TextPart {
  readonly text: string;
  readonly thoughtSignature?: string;
}

export interface InlinePart {
  readonly inlineData: { readonly mimeType: string; readonly data: string };
}

/** A file that Google fetches, or has. */
export interface FilePart {
  readonly fileData: { readonly mimeType?: string; readonly fileUri: string };
}

export type ContentPart = TextPart | InlinePart | FilePart;

export interface CallPart {
  readonly functionCall: {
    readonly id: string;
    readonly name: string;
    /** JSON text: numbers that JavaScript cannot hold stay as they are. */
    readonly args: string;
  };
  readonly thoughtSignature?: string;
}

export interface ResultPart {
  readonly functionResponse: {
    readonly id: string;
    readonly name: string;
    /** JSON text of an object. */
    readonly response: string;
  };
}

export type RequestPart = ContentPart | CallPart | ResultPart;

export interface Turn {
  readonly role: 'user' | 'model';
  readonly parts: RequestPart[];
}

export interface FunctionDeclaration {
  readonly name: string;
  readonly description?: string;
  readonly parametersJsonSchema?: unknown;
}

export interface FunctionCallingConfig {
  readonly mode: 'AUTO' | 'ANY' | 'NONE';
  readonly allowedFunctionNames?: readonly string[];
}

/** One argument, or a piece of one, where arguments are streamed. */
export interface PartialArg {
  readonly jsonPath?: string;
  readonly stringValue?: string;
  readonly numberValue?: number;
  readonly boolValue?: boolean;
  readonly nullValue?: unknown;
}

export interface AnswerCall {
  readonly id?: string;
  readonly name?: string;
  readonly args?: unknown;
  readonly partialArgs?: readonly PartialArg[];
  /** Do more arguments follow? */
  readonly willContinue?: boolean;
}

/** A part of an answer; kinds that are not read here hold what they like. */
export interface AnswerPart {
  readonly text?: string;
  /** Is the text a summary of thoughts? */
  readonly thought?: boolean;
  readonly thoughtSignature?: string;
  readonly functionCall?: AnswerCall;
  readonly inlineData?: { readonly mimeType?: string; readonly data?: string };
}

export interface TokenLogprob {
  readonly token?: string;
  readonly logProbability?: number;
}

export interface LogprobsResult {
  readonly chosenCandidates?: readonly TokenLogprob[];
  readonly topCandidates?: readonly { readonly candidates?: readonly TokenLogprob[] }[];
}

export interface Candidate {
  readonly content?: { readonly parts?: readonly AnswerPart[] } | null;
  readonly finishReason?: string;
  readonly finishMessage?: string;
  readonly index?: number;
  readonly logprobsResult?: LogprobsResult;
}

export interface ModalityCount {
  readonly modality?: string;
  readonly tokenCount?: number;
}

/** Tokens. In a stream every event counts anew, and the last count stands. */
export interface UsageMetadata {
  readonly promptTokenCount?: number;
  readonly candidatesTokenCount?: number;
  readonly thoughtsTokenCount?: number;
  readonly cachedContentTokenCount?: number;
  /** What the results of Google's own tools added to the prompt. */
  readonly toolUsePromptTokenCount?: number;
  readonly promptTokensDetails?: readonly ModalityCount[];
  readonly candidatesTokensDetails?: readonly ModalityCount[];
}

/** An answer, or an event of a stream. */
export interface GenerateContentResponse {
  readonly candidates?: readonly Candidate[];
  readonly promptFeedback?: { readonly blockReason?: string; readonly blockReasonMessage?: string };
  readonly usageMetadata?: UsageMetadata;
  readonly responseId?: string;
  readonly error?: unknown;
}

/** An image of Imagen's answer, or why there is none. */
export interface Prediction {
  readonly bytesBase64Encoded?: string;
  readonly mimeType?: string;
  readonly raiFilteredReason?: string;
}
