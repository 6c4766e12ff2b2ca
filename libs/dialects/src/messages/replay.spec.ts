import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SseParser } from '#contract';
import type { JsonRequest, MessagesRequest } from '#contract';
import { findAdapter } from '#providers';
import { madeContext, madeTarget } from '../../../../test/support/made-context.js';
import { speak } from '../speak.js';

/** Recorded answers of real providers, data that not every checkout has beside it. */
const FOLDER = new URL('../../../../../shared/fixtures', import.meta.url).pathname;

/** Folder of recordings, and the type that reads them. */
const TYPES = [
  ['mistral', 'mistral'],
  ['groq', 'groq'],
  ['xai', 'xai'],
  ['deepseek', 'deepseek'],
  ['google', 'gemini'],
] as const;

const RECORDINGS = TYPES.flatMap(([folder, type]) => {
  const path = join(FOLDER, folder);
  const files = existsSync(path) ? readdirSync(path) : [];
  return files.map((name) => ({ type, name, text: readFileSync(join(path, name), 'utf8') }));
});
const isChat = ({ text }: { text: string }): boolean =>
  /"chat\.completion(\.chunk)?"|"candidates"/.test(text) && !text.includes('"error"');
const STREAMS = RECORDINGS.filter((one) => one.name.endsWith('.chunks.txt') && isChat(one));
const ANSWERS = RECORDINGS.filter((one) => one.name.endsWith('.json') && isChat(one));

interface Event {
  readonly type: string;
  readonly index: number;
  readonly content_block: { readonly type: string };
  readonly delta: Readonly<Record<string, string>>;
}

function codecOf(type: string) {
  const adapter = findAdapter(type);
  const speech = adapter && speak('messages', adapter);
  if (!speech) throw new Error(`${type} cannot be asked for messages`);
  const value = {
    model: 'my-model',
    max_tokens: 9,
    messages: [{ role: 'user', content: 'x' }],
    stream: true,
  };
  const request = {
    bytes: Buffer.from(JSON.stringify(value)),
    value,
  } as unknown as JsonRequest<MessagesRequest>;
  // An answer is decoded by what was asked.
  speech.codec.encode(request, madeTarget(type));
  const context = { ...madeContext({ model: 'my-model', type }), request: value };
  return { codec: speech.codec, context };
}

/** Every text, thought and argument of a recording, whatever the wire. */
const saidIn = (text: string): string =>
  [...text.matchAll(/"(?:text|content|reasoning_content|reasoning|thinking)":\s*("(?:[^"\\]|\\.)*")/g)]
    .map(([, found = '""']) => JSON.parse(found) as string)
    .join('');

describe.skipIf(!existsSync(FOLDER))('recorded answers as Anthropic’s messages', () => {
  it('are there', () => expect([STREAMS.length > 10, ANSWERS.length > 10]).toEqual([true, true]));

  it.each(STREAMS)('$type: $name streams in order', ({ type, text }) => {
    const { codec, context } = codecOf(type);
    const stream = codec.openStream(context);
    const lines = [...text.trim().split('\n'), ...(type === 'gemini' ? [] : ['[DONE]'])];
    const upstream = new SseParser().push(Buffer.from(lines.map((line) => `data: ${line}\n\n`).join('')));
    const printed = Buffer.concat([...upstream.flatMap((event) => stream.push(event)), ...stream.end()]);
    const events = new SseParser()
      .push(Buffer.concat([printed, Buffer.from(stream.ending)]))
      .map(({ data, event }) => {
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
    expect([...said].toSorted().join('')).toBe([...saidIn(text)].toSorted().join(''));
    expect(stream.usage?.completionTokens).toBeGreaterThan(0);
  });

  it.each(ANSWERS)('$type: $name is a message', ({ type, text }) => {
    const { codec, context } = codecOf(type);
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
