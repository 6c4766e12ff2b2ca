import type { Answer, ToolCall } from '../../answer.js';
import type { StreamEvent } from '../../answer-stream.js';
import type { ChatRequest } from '../../chat-request.js';
import { joinPieces, type Pieces } from '../../pieces.js';
import { countTokens } from '../count-tokens.js';

const REASONS: ReadonlyMap<string, string> = new Map([
  ['stop', 'end_turn'],
  ['length', 'max_tokens'],
  ['tool_calls', 'tool_use'],
  ['content_filter', 'content_filtered'],
]);
const SIGNATURE = 'c2FuZGJveA==';

const stopReason = ({ finish }: Answer): string => REASONS.get(finish) ?? finish;
const useOf = ({ id, name }: ToolCall): object => ({ toolUseId: id.replace('call_', 'tooluse_'), name });

function usageOf(answer: Answer): object {
  const tokens = countTokens(answer);
  if (tokens === undefined) return {};
  const { prompt, completion } = tokens;
  return { usage: { inputTokens: prompt, outputTokens: completion, totalTokens: prompt + completion } };
}

/** What a whole Converse answers. */
export function printWhole(answer: Answer): string {
  const { choices, reasoning } = answer;
  const reasoningText = { text: joinPieces(reasoning), signature: SIGNATURE };
  const said = choices.flatMap(({ content, calls }) => [
    ...(content === null ? [] : [{ text: joinPieces(content) }]),
    ...calls.map((call) => ({
      toolUse: { ...useOf(call), input: JSON.parse(joinPieces(call.fragments)) as unknown },
    })),
  ]);
  const content = reasoning.count > 0 ? [{ reasoningContent: { reasoningText } }, ...said] : said;
  const output = { message: { role: 'assistant', content } };
  return JSON.stringify({
    output,
    stopReason: stopReason(answer),
    ...usageOf(answer),
    metrics: { latencyMs: 1 },
  });
}

function event(name: string, members: object, phase: StreamEvent['phase']): StreamEvent {
  return { name, data: JSON.stringify(members), phase };
}

/** A block: how it opens, where that is told, its pieces, and how each is told of. */
interface Block {
  readonly start?: object;
  readonly pieces: Pieces;
  readonly phase: 'reasoning' | 'content';
  delta(piece: string): object;
  readonly closing?: object;
}

/** The events of a streamed answer, block by block. */
export function* printEvents(answer: Answer, { script }: ChatRequest): Generator<StreamEvent> {
  yield event('messageStart', { role: 'assistant' }, 'open');
  for (const [contentBlockIndex, block] of blocksOf(answer).entries()) {
    const { start, pieces, phase, delta, closing } = block;
    if (start) yield event('contentBlockStart', { contentBlockIndex, start }, 'open');
    for (let at = 0; at < pieces.count; at++)
      yield event('contentBlockDelta', { contentBlockIndex, delta: delta(pieces.at(at)) }, phase);
    if (closing) yield event('contentBlockDelta', { contentBlockIndex, delta: closing }, 'open');
    yield event('contentBlockStop', { contentBlockIndex }, phase === 'content' ? 'close' : 'open');
  }
  if (!script.done) return;
  yield event('messageStop', { stopReason: stopReason(answer) }, 'close');
  yield event('metadata', { ...usageOf(answer), metrics: { latencyMs: 1 } }, 'close');
}

function blocksOf({ choices, reasoning }: Answer): Block[] {
  const thinking: Block = {
    pieces: reasoning,
    phase: 'reasoning',
    delta: (text) => ({ reasoningContent: { text } }),
    closing: { reasoningContent: { signature: SIGNATURE } },
  };
  const said = choices.flatMap(({ content, calls }): Block[] => [
    ...(content === null ? [] : [textBlock(content)]),
    ...calls.map((call): Block => ({
      start: { toolUse: useOf(call) },
      pieces: call.fragments,
      phase: 'content',
      delta: (input) => ({ toolUse: { input } }),
    })),
  ]);
  return reasoning.count > 0 ? [thinking, ...said] : said;
}

function textBlock(pieces: Pieces): Block {
  return { pieces, phase: 'content', delta: (text) => ({ text }) };
}
