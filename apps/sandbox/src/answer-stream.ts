import { type Answer, head, tail } from './answer.js';
import type { ChatRequest } from './chat-request.js';
import { ERROR_UNDER_200 } from './fault.js';
import type { Pieces } from './pieces.js';

/**
 * One event of a stream, not yet framed. `content` events are those that `cut`, `stall` and `error_after`
 * count; `gap` comes after each of these and of the `reasoning` events.
 */
export interface StreamEvent {
  /** The `event:` line, where there is one. */
  name?: string;
  data: string;
  phase: 'open' | 'reasoning' | 'content' | 'close';
}

/** Wraps a delta of one choice into a chunk. */
type Wrap = (choice: number, delta: string, finish?: string) => string;

/** A run of pieces that belongs to one choice, or to one call of a choice. */
interface Lane {
  choice: number;
  pieces: Pieces;
  delta(piece: string): string;
}

/** The events of a streamed answer, made one by one. */
export function* streamEvents(answer: Answer, request: ChatRequest): Generator<StreamEvent> {
  const { script } = request;
  if (script.errorFirst) {
    yield { data: ERROR_UNDER_200, phase: 'close' };
    return;
  }
  const isUsageAsked = request.includeUsage && answer.usage !== undefined;
  const prefix = `${head(answer, 'chat.completion.chunk')},"choices":[`;
  const suffix = `]${isUsageAsked ? ',"usage":null' : ''}${tail(answer)}`;
  const wrap: Wrap = (choice, delta, finish = 'null') =>
    `${prefix}{"index":${choice},"delta":${delta},"logprobs":null,"finish_reason":${finish}}${suffix}`;
  yield* opening(answer, wrap);
  let written = 0;
  for (const data of interleave(contentLanes(answer), wrap)) {
    if (written === script.errorAfter) break;
    yield { data, phase: 'content' };
    written++;
  }
  if (written === script.errorAfter) {
    yield { data: ERROR_UNDER_200, phase: 'close' };
    return;
  }
  const finish = JSON.stringify(answer.finish);
  for (const choice of answer.choices.keys()) yield { data: wrap(choice, '{}', finish), phase: 'close' };
  if (isUsageAsked) yield { data: `${prefix}],"usage":${answer.usage}${tail(answer)}`, phase: 'close' };
  if (script.done) yield { data: '[DONE]', phase: 'close' };
}

/** Everything before the content: roles, reasoning, and the heads of tool calls. */
function* opening(answer: Answer, wrap: Wrap): Generator<StreamEvent> {
  for (const [choice, { content }] of answer.choices.entries()) {
    const text = content === null ? 'null' : '""';
    yield { data: wrap(choice, `{"role":"assistant","content":${text},"refusal":null}`), phase: 'open' };
  }
  const reasoning = answer.choices.map((_, choice) =>
    textLane(choice, answer.reasoning, 'reasoning_content'),
  );
  for (const data of interleave(reasoning, wrap)) yield { data, phase: 'reasoning' };
  for (const [choice, { calls }] of answer.choices.entries())
    for (const [index, { id, name }] of calls.entries()) {
      const head = { index, id, type: 'function', function: { name, arguments: '' } };
      yield { data: wrap(choice, `{"tool_calls":[${JSON.stringify(head)}]}`), phase: 'open' };
    }
}

function textLane(choice: number, pieces: Pieces, member: string): Lane {
  return { choice, pieces, delta: (piece) => `{"${member}":${JSON.stringify(piece)}}` };
}

function contentLanes(answer: Answer): Lane[] {
  return answer.choices.flatMap(({ content, calls }, choice) => {
    if (content !== null) return [textLane(choice, content, 'content')];
    return calls.map(({ fragments }, index) => ({
      choice,
      pieces: fragments,
      delta: (piece: string) =>
        `{"tool_calls":[{"index":${index},"function":{"arguments":${JSON.stringify(piece)}}}]}`,
    }));
  });
}

/** The first piece of every lane, then the second of every lane, and so on. */
function* interleave(lanes: Lane[], wrap: Wrap): Generator<string> {
  const longest = lanes.reduce((most, { pieces }) => Math.max(most, pieces.count), 0);
  for (let index = 0; index < longest; index++)
    for (const { choice, pieces, delta } of lanes)
      if (index < pieces.count) yield wrap(choice, delta(pieces.at(index)));
}
