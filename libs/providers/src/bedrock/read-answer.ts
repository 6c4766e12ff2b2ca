import type { AnswerBlock, BlockDelta } from '../claude/blocks.js';
import { chatUsage } from '../openai-compatible/chat-usage.js';
import type { ChatUsage } from '../openai-compatible/chat-usage.js';
import type { FinishReason } from '../openai-compatible/chunk-printer.js';
import { broken } from '../openai-compatible/decode-stream.js';
import type { DecodeContext } from '../spec.js';
import type { AnswerContent, BlockPiece, BlockStart, TokenUsage } from './wire.js';

const REASONS: ReadonlyMap<unknown, FinishReason> = new Map<unknown, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['guardrail_intervened', 'content_filter'],
  ['content_filtered', 'content_filter'],
]);

/** The model lost its way: what it said is no answer, and asked again it may give one. */
const MALFORMED = /^malformed_/;

/**
 * @param calls whether the client is to call a tool: the one that stands for an answer is not the client's
 * @throws GatewayError where the answer is none
 */
export function finishReasonOf(stopReason: unknown, calls: boolean): FinishReason {
  if (MALFORMED.test(String(stopReason)))
    throw broken(`The model ended its answer with ${String(stopReason)}.`);
  const reason = REASONS.get(stopReason) ?? 'tool_calls';
  return reason === 'tool_calls' && !calls ? 'stop' : reason;
}

export function usageOf(usage: TokenUsage): ChatUsage {
  return chatUsage({
    input: usage.inputTokens,
    cached: usage.cacheReadInputTokens,
    written: usage.cacheWriteInputTokens,
    output: usage.outputTokens,
  });
}

/** Bedrock gives its answers no id: the call's is as good. */
export function chatId({ requestId }: DecodeContext): string {
  return `chatcmpl-${requestId.replace(/^req_/, '')}`;
}

/** Does the client take one call at a time? Bedrock cannot be told. */
export function isSingle({ request }: DecodeContext): boolean {
  return (request as { parallel_tool_calls?: unknown }).parallel_tool_calls === false;
}

/** A block of an answer, in Claude's words for it: Converse has the same ones in other dress. */
export function blockOf({ text, toolUse, reasoningContent, citationsContent }: AnswerContent): AnswerBlock {
  if (toolUse) return toolBlock(toolUse);
  if (reasoningContent?.redactedContent !== undefined) {
    return { type: 'redacted_thinking', data: reasoningContent.redactedContent };
  }
  if (reasoningContent) {
    const { text: thinking = '', signature = '' } = reasoningContent.reasoningText ?? {};
    return { type: 'thinking', thinking, signature };
  }
  const cited = citationsContent?.content?.map((piece) => piece.text ?? '').join('');
  const said = text ?? cited;
  return said === undefined ? {} : { type: 'text', text: said };
}

/** What a block of a stream begins as. Texts and thoughts may begin with their first piece, and nothing before it. */
export function openingOf(start: BlockStart | undefined, piece: BlockPiece | undefined): AnswerBlock {
  const toolUse = start?.toolUse ?? (piece?.toolUse && {});
  if (toolUse) return toolBlock(toolUse);
  const thought = piece?.reasoningContent;
  if (thought) return { type: thought.redactedContent === undefined ? 'thinking' : 'redacted_thinking' };
  return { type: 'text' };
}

export function deltaOf({ text, toolUse, reasoningContent: thought }: BlockPiece): BlockDelta {
  return {
    ...(text !== undefined && { text }),
    ...(toolUse?.input !== undefined && { partial_json: toolUse.input }),
    ...(thought?.text !== undefined && { thinking: thought.text }),
    ...(thought?.signature !== undefined && { signature: thought.signature }),
    ...(thought?.redactedContent !== undefined && { data: thought.redactedContent }),
  };
}

function toolBlock({ toolUseId: id, name, input }: NonNullable<AnswerContent['toolUse']>): AnswerBlock {
  return { type: 'tool_use', ...(id !== undefined && { id }), ...(name !== undefined && { name }), input };
}
