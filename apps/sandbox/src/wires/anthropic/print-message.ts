import type { Answer, ToolCall } from '../../answer.js';
import type { StreamEvent } from '../../answer-stream.js';
import type { ChatRequest } from '../../chat-request.js';
import { joinPieces, type Pieces } from '../../pieces.js';
import { countTokens } from '../count-tokens.js';

const REASONS: ReadonlyMap<string, string> = new Map([
  ['stop', 'end_turn'],
  ['length', 'max_tokens'],
  ['tool_calls', 'tool_use'],
  ['content_filter', 'refusal'],
]);
const SIGNATURE = 'c2FuZGJveA==';

function messageOf(answer: Answer, rest: object): object {
  const { stamp, model } = answer;
  const head = { id: `msg_${stamp.id}`, type: 'message', role: 'assistant', model, content: [] };
  return { ...head, stop_reason: null, stop_sequence: null, ...rest };
}

function usageOf(answer: Answer): object {
  const tokens = countTokens(answer);
  if (tokens === undefined) return {};
  const { prompt, completion, reasoning } = tokens;
  const cache = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const details = { output_tokens_details: { thinking_tokens: reasoning } };
  return { usage: { input_tokens: prompt, ...cache, output_tokens: completion, ...details } };
}

const stopReason = ({ finish }: Answer): string => REASONS.get(finish) ?? finish;
const useOf = ({ id, name }: ToolCall): object => ({
  type: 'tool_use',
  id: id.replace('call_', 'toolu_'),
  name,
});

/** A `message`. */
export function printWhole(answer: Answer): string {
  const { choices, reasoning } = answer;
  const thinking = { type: 'thinking', thinking: joinPieces(reasoning), signature: SIGNATURE };
  const content = choices.flatMap(({ content: text, calls }) => [
    ...(text === null ? [] : [{ type: 'text', text: joinPieces(text) }]),
    ...calls.map((call) => ({ ...useOf(call), input: JSON.parse(joinPieces(call.fragments)) as unknown })),
  ]);
  const blocks = reasoning.count > 0 ? [thinking, ...content] : content;
  return JSON.stringify(
    messageOf(answer, { content: blocks, stop_reason: stopReason(answer), ...usageOf(answer) }),
  );
}

function event(type: string, members: object, phase: StreamEvent['phase']): StreamEvent {
  return { name: type, data: JSON.stringify({ type, ...members }), phase };
}

/** A block: how it opens, its pieces, and how each is told of. */
interface Block {
  readonly opening: object;
  readonly pieces: Pieces;
  readonly phase: 'reasoning' | 'content';
  delta(piece: string): object;
  readonly closing?: object;
}

/** The events of a streamed answer, block by block. */
export function* printEvents(answer: Answer, { script }: ChatRequest): Generator<StreamEvent> {
  const usage = usageOf(answer) as { usage?: object };
  const first = usage.usage && { usage: { ...usage.usage, output_tokens: 1 } };
  yield event('message_start', { message: messageOf(answer, first ?? {}) }, 'open');
  for (const [index, { opening, pieces, phase, delta, closing }] of blocksOf(answer).entries()) {
    yield event('content_block_start', { index, content_block: opening }, 'open');
    for (let at = 0; at < pieces.count; at++)
      yield event('content_block_delta', { index, delta: delta(pieces.at(at)) }, phase);
    if (closing) yield event('content_block_delta', { index, delta: closing }, 'open');
    yield event('content_block_stop', { index }, phase === 'content' ? 'close' : 'open');
  }
  const delta = { stop_reason: stopReason(answer), stop_sequence: null };
  yield event('message_delta', { delta, ...usage }, 'close');
  if (script.done) yield event('message_stop', {}, 'close');
}

function blocksOf({ choices, reasoning }: Answer): Block[] {
  const thinking: Block = {
    opening: { type: 'thinking', thinking: '', signature: '' },
    pieces: reasoning,
    phase: 'reasoning',
    delta: (piece) => ({ type: 'thinking_delta', thinking: piece }),
    closing: { type: 'signature_delta', signature: SIGNATURE },
  };
  const said = choices.flatMap(({ content, calls }): Block[] => [
    ...(content === null ? [] : [textBlock(content)]),
    ...calls.map((call): Block => ({
      opening: { ...useOf(call), input: {} },
      pieces: call.fragments,
      phase: 'content',
      delta: (piece) => ({ type: 'input_json_delta', partial_json: piece }),
    })),
  ]);
  return reasoning.count > 0 ? [thinking, ...said] : said;
}

function textBlock(pieces: Pieces): Block {
  const opening = { type: 'text', text: '' };
  return { opening, pieces, phase: 'content', delta: (text) => ({ type: 'text_delta', text }) };
}
