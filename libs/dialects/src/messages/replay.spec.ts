import { describe, expect, it } from 'vitest';
import {
  areRecordingsHere,
  askInDialect,
  playRecording,
  RECORDED_ANSWERS,
  RECORDED_STREAMS,
} from '../../../../test/support/recorded-chats.js';
import type { Recording } from '../../../../test/support/recorded-chats.js';

/** Anthropic's own are its messages already. */
const isTranslated = ({ type }: Recording): boolean => type !== 'anthropic';
const STREAMS = RECORDED_STREAMS.filter(isTranslated);
const ANSWERS = RECORDED_ANSWERS.filter(isTranslated);
const REQUEST = { max_tokens: 9, messages: [{ role: 'user', content: 'x' }] };

interface Event {
  readonly type: string;
  readonly index: number;
  readonly content_block: { readonly type: string };
  readonly delta: Readonly<Record<string, string>>;
}

/** Every text, thought and argument of a recording, whatever the wire. */
const saidIn = (text: string): string =>
  [
    ...text.matchAll(
      /"(?:text|content|reasoning_content|reasoning|thinking|tool_plan)":\s*("(?:[^"\\]|\\.)*")/g,
    ),
  ]
    .map(([, found = '""']) => JSON.parse(found) as string)
    .join('');

describe.skipIf(!areRecordingsHere)('recorded answers as Anthropic’s messages', () => {
  it('are there', () => expect([STREAMS.length > 10, ANSWERS.length > 10]).toEqual([true, true]));

  it.each(STREAMS)('$type: $name streams in order', (recording) => {
    const { codec, context } = askInDialect('messages', recording.type, REQUEST);
    const stream = codec.openStream(context);
    const events = playRecording(recording, stream).map(({ data, event }) => {
      const parsed = JSON.parse(data.toString()) as Event;
      expect(parsed.type).toBe(event);
      return parsed;
    });
    expect(events[0]?.type).toBe('message_start');
    expect(events.slice(-2).map((event) => event.type)).toEqual(['message_delta', 'message_stop']);
    const open = new Map<number, string>();
    const starts = events.filter((event) => event.type === 'content_block_start');
    expect(starts.map(({ index }) => index)).toEqual(starts.map((_, place) => place));
    for (const event of events) {
      if (event.type === 'content_block_start') open.set(event.index, '');
      if (event.type === 'content_block_delta') {
        const before = open.get(event.index);
        if (before === undefined) throw new Error(`a delta of block ${event.index}, which is not open`);
        open.set(event.index, before + (event.delta.partial_json ?? ''));
      }
      if (event.type !== 'content_block_stop') continue;
      const input = open.get(event.index) ?? '';
      if (input !== '') expect(() => JSON.parse(input)).not.toThrow();
      open.delete(event.index);
    }
    expect(open.size).toBe(0);
    const said = events.map(({ delta }) => delta?.text ?? delta?.thinking ?? '').join('');
    expect([...said].toSorted().join('')).toBe([...saidIn(recording.text)].toSorted().join(''));
    expect(stream.usage?.completionTokens).toBeGreaterThan(0);
  });

  it.each(ANSWERS)('$type: $name is a message', ({ type, text }) => {
    const { codec, context } = askInDialect('messages', type, REQUEST);
    const { body, usage } = codec.decode(Buffer.from(text), context);
    const message = JSON.parse(body.toString());
    expect(message).toMatchObject({ type: 'message', role: 'assistant', model: 'my-model' });
    expect(['end_turn', 'max_tokens', 'tool_use', 'refusal']).toContain(message.stop_reason);
    const { input_tokens: fresh, cache_read_input_tokens: cached } = message.usage;
    expect(fresh + cached).toBe(usage?.promptTokens);
    for (const block of message.content) {
      if (block.type === 'tool_use') expect(block.input).not.toHaveProperty('invalid_json');
    }
  });
});
