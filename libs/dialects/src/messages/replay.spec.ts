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
  readonly index: number;
  readonly delta?: Readonly<Record<string, string>>;
}

const STREAMS = recordedStreams('messages');
const ANSWERS = recordedAnswers('messages');

describe.skipIf(!areRecordingsHere)('recorded answers as Anthropic’s messages', () => {
  it('are there', () => expect([STREAMS.length > 10, ANSWERS.length > 10]).toEqual([true, true]));

  it.each(STREAMS)('$type: $name streams in order', (recording) => {
    const { events: played, usage } = playStream<Event>('messages', recording);
    const events = played.map(({ payload }) => payload);
    expect(played.map(({ name }) => name)).toEqual(events.map(({ type }) => type));
    expect(events[0]?.type).toBe('message_start');
    expect(events.slice(-2).map(({ type }) => type)).toEqual(['message_delta', 'message_stop']);
    const starts = events.filter(({ type }) => type === 'content_block_start');
    expect(starts.map(({ index }) => index)).toEqual(starts.map((_, place) => place));
    const open = new Map<number, string>();
    for (const { type, index, delta } of events) {
      if (type === 'content_block_start') open.set(index, '');
      if (type === 'content_block_delta') {
        expect(open.has(index)).toBe(true);
        open.set(index, (open.get(index) ?? '') + (delta?.partial_json ?? ''));
      }
      if (type !== 'content_block_stop') continue;
      const input = open.get(index) ?? '';
      if (input !== '') expect(() => JSON.parse(input)).not.toThrow();
      expect(open.delete(index)).toBe(true);
    }
    expect(open.size).toBe(0);
    const said = events.map(({ delta }) => delta?.text ?? delta?.thinking ?? '').join('');
    if (TELLS_ONCE.has(recording.type)) expect(lettersOf(said)).toBe(lettersOf(saidIn(recording.text)));
    expect(usage?.completionTokens).toBeGreaterThan(0);
  });

  it.each(ANSWERS)('$type: $name is a message', (recording) => {
    const { answer: message, usage } = playAnswer('messages', recording);
    expect(message).toMatchObject({ type: 'message', role: 'assistant', model: 'my-model' });
    expect(['end_turn', 'max_tokens', 'tool_use', 'refusal']).toContain(message.stop_reason);
    const { input_tokens: fresh, cache_read_input_tokens: cached } = message.usage;
    expect(fresh + cached).toBe(usage?.promptTokens);
    for (const block of message.content) {
      if (block.type === 'tool_use') expect(block.input).not.toHaveProperty('invalid_json');
    }
  });
});
