import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SseParser } from '#contract';
import type { Members } from '#contract';
import { madeContext } from '../../../../test/support/made-context.js';
import type { ChatChunk } from '../spec.js';
import { printResponse } from './print-response.js';
import { ResponseStream } from './response-stream.js';

const context = madeContext({ request: { input: 'x' } });

/** A text, and where it is cut. */
interface Cut {
  readonly text: string;
  readonly at: readonly number[];
}
interface Call {
  readonly name: string;
  readonly given: Cut;
}
interface Answer {
  readonly thoughts: readonly (Cut & { readonly isSigned: boolean })[];
  readonly content: Cut;
  readonly refusal: Cut;
  readonly calls: readonly Call[];
  readonly reason: string;
  readonly usage: object;
}

const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('', 'data: x\n\n', '"}', '😀😀'),
);
const cut = fc.record({ text, at: fc.array(fc.nat(20), { maxLength: 4 }) });
const thought = fc.tuple(cut, fc.boolean()).map(([pieces, isSigned]) => ({ ...pieces, isSigned }));
// Thoughts are signed all, or there is one that is not.
const thoughts = fc.oneof(
  fc.array(thought, { maxLength: 3 }).map((all) => all.map((one) => ({ ...one, isSigned: true }))),
  cut.map((one) => [{ ...one, isSigned: false }]),
);
const calls = fc.array(fc.record({ name: fc.string({ minLength: 1, maxLength: 5 }), given: cut }), {
  maxLength: 3,
});
const answers: fc.Arbitrary<Answer> = fc.record({
  thoughts,
  content: cut,
  refusal: cut,
  calls,
  reason: fc.constantFrom('stop', 'length', 'content_filter', 'tool_calls'),
  usage: fc.record({ prompt_tokens: fc.nat(99), completion_tokens: fc.nat(99) }),
});

function piecesOf({ text: whole, at }: Cut): string[] {
  const places = [0, ...at.map((place) => Math.min(place, whole.length)), whole.length].toSorted(
    (a, b) => a - b,
  );
  return places.slice(1).map((end, index) => whole.slice(places[index], end));
}

const signed = (thinking: string) => ({ type: 'thinking', thinking, signature: `sig of ${thinking}` });

function completionOf({ thoughts: all, content, refusal, calls: called, reason, usage }: Answer): Buffer {
  const blocks = all.filter(({ isSigned }) => isSigned).map((one) => signed(one.text));
  const message = {
    role: 'assistant',
    content: content.text,
    refusal: refusal.text,
    reasoning_content: all.map((one) => one.text).join(''),
    ...(blocks.length > 0 && { thinking_blocks: blocks }),
    tool_calls: called.map(({ name, given }, index) => ({
      id: `call_${index}`,
      type: 'function',
      function: { name, arguments: given.text },
    })),
  };
  return Buffer.from(JSON.stringify({ choices: [{ message, finish_reason: reason }], usage }));
}

/** The pieces of calls come in turns: the first of each, the second of each and so on. */
function callPieces(called: readonly Call[]): Members[] {
  const begun = called.map(({ name }, index) => ({
    index,
    id: `call_${index}`,
    type: 'function',
    function: { name, arguments: '' },
  }));
  const pieces = called.map(({ given }) => piecesOf(given));
  const turns = Math.max(0, ...pieces.map(({ length }) => length));
  const rest = Array.from({ length: turns }, (_, turn) =>
    pieces.flatMap((own, index) =>
      own[turn] === undefined ? [] : [{ index, function: { arguments: own[turn] } }],
    ),
  );
  return [...begun, ...rest.flat()].map((piece) => ({ tool_calls: [piece] }));
}

function chunksOf({ thoughts: all, content, refusal, calls: called, reason, usage }: Answer): ChatChunk[] {
  const thinking = all.flatMap((one, index) => [
    ...piecesOf(one).map((piece) => ({ reasoning_content: piece })),
    ...(one.isSigned ? [{ thinking_blocks: [{ index, ...signed(one.text) }] }] : []),
  ]);
  const deltas: Members[] = [
    { role: 'assistant', content: '' },
    ...thinking,
    ...piecesOf(content).map((piece) => ({ content: piece })),
    ...piecesOf(refusal).map((piece) => ({ refusal: piece })),
    ...callPieces(called),
  ];
  const chunks = deltas.map((delta) => ({ choices: [{ delta, finish_reason: null }], usage: null }));
  return [...chunks, { choices: [{ delta: {}, finish_reason: reason }] }, { choices: [], usage }];
}

function play(chunks: readonly ChatChunk[]) {
  const stream = new ResponseStream(context);
  const printed = chunks.map((chunk) => stream.push(chunk)).join('') + stream.end() + stream.ending;
  return new SseParser().push(Buffer.from(printed)).map(({ data }) => JSON.parse(data.toString()));
}

describe('an answer in pieces', () => {
  it('ends with the response that it is whole, however it was cut', () => {
    fc.assert(
      fc.property(answers, (answer) => {
        const events = play(chunksOf(answer));
        const whole = JSON.parse(printResponse(completionOf(answer), context).toString());
        expect(events.at(-1)).toMatchObject({ type: `response.${whole.status}` });
        expect(events.at(-1).response).toEqual(whole);
        expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
      }),
    );
  });

  it('says in its deltas what it has said in the end', () => {
    fc.assert(
      fc.property(answers, (answer) => {
        const events = play(chunksOf(answer));
        const saidBy = (type: string): string =>
          events
            .filter((event) => event.type === type)
            .map(({ delta }) => delta)
            .join('');
        expect(saidBy('response.output_text.delta')).toBe(answer.content.text);
        expect(saidBy('response.refusal.delta')).toBe(answer.refusal.text);
        expect(saidBy('response.reasoning_summary_text.delta')).toBe(
          answer.thoughts.map((one) => one.text).join(''),
        );
        answer.calls.forEach(({ given }, index) => {
          const { output } = events.at(-1).response;
          const called = output.filter(({ type }: { type: string }) => type === 'function_call')[index];
          const own = events.filter(({ item_id: id, delta }) => id === called.id && delta !== undefined);
          expect(own.map(({ delta }) => delta).join('')).toBe(given.text);
        });
      }),
    );
  });
});
