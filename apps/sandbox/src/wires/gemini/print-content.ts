import type { Answer, Choice, ToolCall } from '../../answer.js';
import type { StreamEvent } from '../../answer-stream.js';
import type { ChatRequest } from '../../chat-request.js';
import { joinPieces, type Pieces } from '../../pieces.js';
import { countTokens } from '../count-tokens.js';

const REASONS: ReadonlyMap<string, string> = new Map([
  ['stop', 'STOP'],
  // Google has no word of its own for it.
  ['tool_calls', 'STOP'],
  ['length', 'MAX_TOKENS'],
  ['content_filter', 'SAFETY'],
]);
const SIGNATURE = 'c2FuZGJveA==';

const finishOf = ({ finish }: Answer): string => REASONS.get(finish) ?? finish;

function printAnswer(answer: Answer, candidates: object[], usage: object = {}): string {
  const { model, stamp } = answer;
  return JSON.stringify({ candidates, ...usage, modelVersion: model, responseId: stamp.id });
}

function usageOf(answer: Answer): object {
  const tokens = countTokens(answer);
  if (tokens === undefined) return {};
  const { prompt, completion, reasoning } = tokens;
  return {
    usageMetadata: {
      promptTokenCount: prompt,
      candidatesTokenCount: completion - reasoning,
      ...(reasoning > 0 && { thoughtsTokenCount: reasoning }),
      totalTokenCount: prompt + completion,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
    },
  };
}

/** Of calls that come together only the first is signed. */
function callPart({ name, fragments }: ToolCall, index: number): object {
  const args = JSON.parse(joinPieces(fragments)) as unknown;
  return { functionCall: { name, args }, ...(index === 0 && { thoughtSignature: SIGNATURE }) };
}

const thoughtPart = (text: string): object => ({ text, thought: true });

function partsOf({ content, calls }: Choice, reasoning: Pieces): object[] {
  return [
    ...(reasoning.count > 0 ? [thoughtPart(joinPieces(reasoning))] : []),
    ...(content === null ? [] : [{ text: joinPieces(content) }]),
    ...calls.map(callPart),
  ];
}

function candidate(index: number, parts: object[], rest: object = {}): object {
  return { content: { parts, role: 'model' }, ...rest, index };
}

/** A `GenerateContentResponse`. */
export function printWhole(answer: Answer): string {
  const finishReason = finishOf(answer);
  const candidates = answer.choices.map((choice, index) =>
    candidate(index, partsOf(choice, answer.reasoning), { finishReason }),
  );
  return printAnswer(answer, candidates, usageOf(answer));
}

/** The events of a streamed answer: a text in pieces, and calls each in one. */
export function* printEvents(answer: Answer, { script }: ChatRequest): Generator<StreamEvent> {
  const { reasoning, choices } = answer;
  const tell = (index: number, part: object, phase: StreamEvent['phase']): StreamEvent => ({
    data: printAnswer(answer, [candidate(index, [part])]),
    phase,
  });
  for (const [index, { content, calls }] of choices.entries()) {
    for (let at = 0; at < reasoning.count; at++)
      yield tell(index, thoughtPart(reasoning.at(at)), 'reasoning');
    const count = content?.count ?? 0;
    for (let at = 0; at < count; at++) yield tell(index, { text: content?.at(at) }, 'content');
    for (const [at, call] of calls.entries()) yield tell(index, callPart(call, at), 'content');
  }
  if (!script.done) return;
  const finishReason = finishOf(answer);
  const last = choices.map((_, index) => candidate(index, [{ text: '' }], { finishReason }));
  yield { data: printAnswer(answer, last, usageOf(answer)), phase: 'close' };
}
