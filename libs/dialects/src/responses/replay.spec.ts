import { describe, expect, it } from 'vitest';
import type { SseEvent } from '#contract';
import { findAdapter } from '#providers';
import {
  areRecordingsHere,
  askInDialect,
  playRecording,
  RECORDED_ANSWERS as ANSWERS,
  RECORDED_STREAMS as STREAMS,
} from '../../../../test/support/recorded-chats.js';
import type { Recording } from '../../../../test/support/recorded-chats.js';
import { madeContext } from '../../../../test/support/made-context.js';

const REQUEST = { input: 'x' };

interface Part {
  readonly type?: string;
  readonly text?: string;
}
interface Item extends Part {
  readonly id: string;
  readonly type: string;
  readonly summary?: readonly Part[];
  readonly content?: readonly Part[];
  readonly name?: string;
  readonly arguments?: string;
}
interface Event {
  readonly type: string;
  readonly sequence_number: number;
  readonly output_index: number;
  readonly item_id?: string;
  readonly item: Item;
  readonly delta?: string;
  readonly response?: { readonly status: string; readonly output: readonly Item[]; readonly usage: object };
}

/** What an answer holds. */
interface Held {
  readonly text: string;
  readonly thoughts: string;
  readonly calls: readonly (readonly [name: unknown, given: string])[];
}

interface Delta {
  readonly content?: string | null;
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly tool_calls?: readonly {
    readonly index: number;
    readonly function: { readonly name?: string; readonly arguments: string };
  }[];
}

const payloadOf = <T>({ data }: SseEvent): T => JSON.parse(data.toString()) as T;

/** The recording as the provider's own chat says it. */
function saidInChat(recording: Recording): Held {
  const chat = findAdapter(recording.type)?.operations.chat;
  if (!chat) throw new Error(`${recording.type} cannot chat`);
  const events = playRecording(recording, chat.openStream(madeContext({ type: recording.type })));
  const deltas = events
    .filter(({ data }) => data.toString() !== '[DONE]')
    .flatMap((event) => payloadOf<{ choices: { delta: Delta }[] }>(event).choices)
    .map(({ delta }) => delta);
  const calls = new Map<number, [unknown, string]>();
  for (const { index, function: called } of deltas.flatMap(({ tool_calls: pieces }) => pieces ?? [])) {
    const [name, before] = calls.get(index) ?? [called.name, ''];
    calls.set(index, [name, before + (called.arguments ?? '')]);
  }
  return {
    text: deltas.map(({ content }) => content ?? '').join(''),
    thoughts: deltas.map((delta) => delta.reasoning_content ?? delta.reasoning ?? '').join(''),
    calls: [...calls.values()],
  };
}

function heldIn(output: readonly Item[]): Held {
  const textOf = (parts: readonly Part[] = []): string => parts.map(({ text = '' }) => text).join('');
  const calls = output.filter(({ type }) => type === 'function_call');
  return {
    text: output.map(({ content }) => textOf(content)).join(''),
    thoughts: output.map(({ summary }) => textOf(summary)).join(''),
    calls: calls.map(({ name, arguments: given = '' }) => [name, given]),
  };
}

/** Every item is opened once, in its place, written by its own id, and closed once as the answer keeps it. */
function expectItems(events: readonly Event[], output: readonly Item[]): void {
  const open = new Map<number, { readonly id: string; text: string }>();
  const added = events.filter(({ type }) => type === 'response.output_item.added');
  expect(added.map(({ output_index: index }) => index)).toEqual(output.map((_, place) => place));
  for (const { type, output_index: index, item, item_id: id, delta = '' } of events) {
    if (type === 'response.output_item.added') open.set(index, { id: item.id, text: '' });
    if (id !== undefined) {
      const writing = open.get(index);
      expect(writing?.id).toBe(id);
      if (writing && type.endsWith('.delta')) writing.text += delta;
    }
    if (type !== 'response.output_item.done') continue;
    const { text } = open.get(index) ?? {};
    const { text: said, thoughts, calls } = heldIn([item]);
    expect([item, text]).toEqual([output[index], said + thoughts + calls.map(([, given]) => given).join('')]);
    open.delete(index);
  }
  expect(open.size).toBe(0);
}

describe.skipIf(!areRecordingsHere)('recorded answers as OpenAI’s responses', () => {
  it('are there', () => expect([STREAMS.length > 20, ANSWERS.length > 20]).toEqual([true, true]));

  it.each(STREAMS)('$type: $name streams in order', (recording) => {
    const { codec, context } = askInDialect('responses', recording.type, REQUEST);
    const stream = codec.openStream(context);
    const events = playRecording(recording, stream).map((event) => {
      const parsed = payloadOf<Event>(event);
      expect(parsed.type).toBe(event.event);
      return parsed;
    });
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    const [first, second] = events.map(({ type }) => type);
    expect([first, second]).toEqual(['response.created', 'response.in_progress']);
    const { type, response } = events.at(-1) ?? {};
    expect(['response.completed', 'response.incomplete']).toContain(type);
    expect(type).toBe(`response.${response?.status}`);
    const output = response?.output ?? [];
    expectItems(events, output);
    const held = heldIn(output);
    expect(held).toEqual(saidInChat(recording));
    for (const [, given] of held.calls) if (given !== '') expect(() => JSON.parse(given)).not.toThrow();
    expect(response?.usage).toMatchObject({
      input_tokens: stream.usage?.promptTokens,
      output_tokens: stream.usage?.completionTokens,
    });
    expect(stream.usage).toBeDefined();
  });

  it.each(ANSWERS)('$type: $name is a response', ({ type, text }) => {
    const { codec, context } = askInDialect('responses', type, REQUEST);
    const { body, usage } = codec.decode(Buffer.from(text), context);
    const response = JSON.parse(body.toString());
    expect(response).toMatchObject({ object: 'response', model: 'my-model', error: null });
    expect(['completed', 'incomplete']).toContain(response.status);
    expect(response.usage).toMatchObject({
      input_tokens: usage?.promptTokens,
      output_tokens: usage?.completionTokens,
    });
    const chat = findAdapter(type)?.operations.chat?.decode(Buffer.from(text), madeContext({ type }));
    const { message } = JSON.parse(String(chat?.body)).choices[0];
    const { text: said, thoughts, calls } = heldIn(response.output);
    expect([said, thoughts]).toEqual([
      message.content ?? '',
      message.reasoning_content ?? message.reasoning ?? '',
    ]);
    for (const [, given] of calls) expect(() => JSON.parse(given)).not.toThrow();
  });
});
