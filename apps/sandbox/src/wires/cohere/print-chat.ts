import type { Answer, ToolCall } from '../../answer.js';
import type { StreamEvent } from '../../answer-stream.js';
import type { ChatRequest } from '../../chat-request.js';
import { joinPieces, type Pieces } from '../../pieces.js';
import { countTokens } from '../count-tokens.js';

const REASONS: ReadonlyMap<string, string> = new Map([
  ['stop', 'COMPLETE'],
  ['tool_calls', 'TOOL_CALL'],
  ['length', 'MAX_TOKENS'],
  ['content_filter', 'ERROR_TOXIC'],
]);

function endOf(answer: Answer): object {
  const tokens = countTokens(answer);
  const counts = tokens && { input_tokens: tokens.prompt, output_tokens: tokens.completion };
  const finish_reason = REASONS.get(answer.finish) ?? answer.finish;
  return { finish_reason, ...(counts && { usage: { billed_units: counts, tokens: counts } }) };
}

function callOf({ id, name }: ToolCall, text: string): object {
  return { id, type: 'function', function: { name, arguments: text } };
}

/** What a whole chat answers. */
export function printWhole(answer: Answer): string {
  const { choices, reasoning, stamp } = answer;
  const [{ content = null, calls = [] } = {}] = choices;
  const thoughts = joinPieces(reasoning);
  const thinking = thoughts === '' ? [] : [{ type: 'thinking', thinking: thoughts }];
  const said =
    content === null
      ? { ...(thoughts !== '' && { tool_plan: thoughts }) }
      : { content: [...thinking, { type: 'text', text: joinPieces(content) }] };
  const tools = calls.map((call) => callOf(call, joinPieces(call.fragments)));
  const message = { role: 'assistant', ...said, ...(tools.length > 0 && { tool_calls: tools }) };
  return JSON.stringify({ id: stamp.id, message, ...endOf(answer) });
}

function event(type: string, members: object, phase: StreamEvent['phase']): StreamEvent {
  return { name: type, data: JSON.stringify({ type, ...members }), phase };
}

const told = (message: object): object => ({ delta: { message } });

/** The events of a streamed answer. */
export function* printEvents(answer: Answer, { script }: ChatRequest): Generator<StreamEvent> {
  const { reasoning, stamp, choices } = answer;
  const [{ content = null, calls = [] } = {}] = choices;
  const opening = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] };
  yield event('message-start', { id: stamp.id, ...told(opening) }, 'open');
  if (content === null)
    for (let at = 0; at < reasoning.count; at++)
      yield event('tool-plan-delta', told({ tool_plan: reasoning.at(at) }), 'reasoning');
  else {
    const hasThoughts = reasoning.count > 0;
    if (hasThoughts) yield* contentEvents(0, 'thinking', reasoning);
    yield* contentEvents(hasThoughts ? 1 : 0, 'text', content);
  }
  for (const [index, call] of calls.entries()) yield* callEvents(index, call);
  if (script.done) yield event('message-end', { delta: endOf(answer) }, 'close');
}

function* contentEvents(index: number, type: 'thinking' | 'text', pieces: Pieces): Generator<StreamEvent> {
  const tell = (text: string): object => ({ [type]: text });
  yield event('content-start', { index, ...told({ content: { type, ...tell('') } }) }, 'open');
  const phase = type === 'text' ? 'content' : 'reasoning';
  for (let at = 0; at < pieces.count; at++)
    yield event('content-delta', { index, ...told({ content: tell(pieces.at(at)) }) }, phase);
  yield event('content-end', { index }, type === 'text' ? 'close' : 'open');
}

function* callEvents(index: number, call: ToolCall): Generator<StreamEvent> {
  const { fragments } = call;
  yield event('tool-call-start', { index, ...told({ tool_calls: callOf(call, '') }) }, 'open');
  for (let at = 0; at < fragments.count; at++) {
    const tool_calls = { function: { arguments: fragments.at(at) } };
    yield event('tool-call-delta', { index, ...told({ tool_calls }) }, 'content');
  }
  yield event('tool-call-end', { index }, 'close');
}
