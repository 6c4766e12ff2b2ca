import { describe, expect, it } from 'vitest';
import {
  areRecordingsHere,
  lettersOf,
  playAnswer,
  playStream,
  recordedAnswers,
  recordedStreams,
  saidIn,
  TELLS_ONCE,
} from '../../../../test/support/recorded-chats.js';

interface Event {
  readonly type: string;
  readonly sequence_number: number;
  readonly output_index: number;
  readonly delta?: string;
  readonly item?: Item;
  readonly response?: { readonly status: string; readonly output: readonly Item[]; readonly usage: object };
}

interface Item {
  readonly id: string;
  readonly type: string;
  readonly arguments?: string;
}

const STREAMS = recordedStreams('responses');
const ANSWERS = recordedAnswers('responses');

describe.skipIf(!areRecordingsHere)('recorded answers as OpenAI’s responses', () => {
  it('are there', () => expect([STREAMS.length > 10, ANSWERS.length > 10]).toEqual([true, true]));

  it.each(STREAMS)('$type: $name streams in order', (recording) => {
    const { events: played, usage } = playStream<Event>('responses', recording);
    const events = played.map(({ payload }) => payload);
    expect(played.map(({ name }) => name)).toEqual(events.map(({ type }) => type));
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, place) => place));
    expect(events.slice(0, 2).map(({ type }) => type)).toEqual(['response.created', 'response.in_progress']);
    const last = events.at(-1);
    expect(['response.completed', 'response.incomplete']).toContain(last?.type);
    const added = events.filter(({ type }) => type === 'response.output_item.added');
    const done = events.filter(({ type }) => type === 'response.output_item.done');
    expect(added.map((event) => event.output_index)).toEqual(added.map((_, place) => place));
    const inOrder = done.toSorted((one, other) => one.output_index - other.output_index);
    expect(last?.response?.output).toEqual(inOrder.map(({ item }) => item));
    for (const { item } of done) {
      const text = item?.arguments ?? '';
      if (text !== '') expect(() => JSON.parse(text)).not.toThrow();
    }
    const TEXTS = /output_text\.delta|reasoning_summary_text\.delta/;
    const said = events.map(({ type, delta }) => (TEXTS.test(type) ? (delta ?? '') : '')).join('');
    if (TELLS_ONCE.has(recording.type)) expect(lettersOf(said)).toBe(lettersOf(saidIn(recording.text)));
    expect(last?.response?.usage).toMatchObject({
      input_tokens: usage?.promptTokens,
      output_tokens: usage?.completionTokens,
    });
  });

  it.each(ANSWERS)('$type: $name is a response', (recording) => {
    const { answer: response, usage } = playAnswer('responses', recording);
    expect(response).toMatchObject({ object: 'response', model: 'my-model', error: null });
    expect(['completed', 'incomplete']).toContain(response.status);
    expect(response.output.length).toBeGreaterThan(0);
    expect(response.usage).toMatchObject({ input_tokens: usage?.promptTokens });
    for (const item of response.output) {
      if (item.arguments) expect(() => JSON.parse(item.arguments)).not.toThrow();
    }
  });
});
