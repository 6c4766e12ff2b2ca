import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SseParser } from '#contract';
import type { Usage } from '#contract';
import { madeContext } from '../../../../test/support/made-context.js';
import type { AnswerBlock } from '../claude/blocks.js';
import { decodeChat } from './decode-chat.js';
import { MessageDecoder } from './decode-chat-stream.js';
import type { Message, StreamEvent } from './wire.js';

/** Recorded answers of the real Anthropic, data that not every checkout has beside it. */
const FOLDER = new URL('../../../../../shared/fixtures/anthropic', import.meta.url).pathname;
const FILES = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');

const context = madeContext({ model: 'my-model', type: 'anthropic', includeUsage: true });
const FINISH_REASONS = ['stop', 'length', 'tool_calls', 'content_filter'];

interface Call {
  readonly index?: number;
  readonly id?: string;
  readonly type?: string;
  readonly function: { readonly name?: string; readonly arguments: string };
}
interface Part {
  readonly role?: string;
  readonly content?: string | null;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly Call[];
}
interface Chunk {
  readonly id: string;
  readonly model: string;
  readonly object: string;
  readonly choices: readonly { readonly delta: Part; readonly finish_reason: string | null }[];
  readonly usage?: { readonly prompt_tokens: number; readonly total_tokens: number } | null;
}

/** What an answer holds, whole or streamed. */
interface Held {
  readonly text: string;
  readonly thoughts: string;
  readonly calls: readonly { readonly id: unknown; readonly name: unknown; readonly input: unknown }[];
}

/** A recording may hold several answers, one after the other. */
function answersIn(text: string): StreamEvent[][] {
  const answers: StreamEvent[][] = [[]];
  for (const line of text.trim().split('\n')) {
    const event = JSON.parse(line) as StreamEvent;
    answers.at(-1)?.push(event);
    if (event.type === 'message_stop') answers.push([]);
  }
  return answers.filter((events) => events.length > 0);
}

const STREAMS = FILES.filter((file) => file.endsWith('.chunks.txt')).flatMap((file) =>
  answersIn(read(file)).map((events, index) => ({ name: `${file} ${index}`, events })),
);
const isOne = ({ events }: { events: StreamEvent[] }): boolean =>
  new Set(events.flatMap(({ message }) => message?.id ?? [])).size === 1;
const WHOLE = STREAMS.filter(isOne);
const bytesOf = (events: readonly StreamEvent[]): Buffer =>
  Buffer.from(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));

function play(packets: readonly Buffer[]): { chunks: Chunk[]; usage: Usage | undefined } {
  const parser = new SseParser();
  const decoder = new MessageDecoder(context);
  const out = packets.flatMap((packet) => parser.push(packet).flatMap((event) => decoder.push(event)));
  out.push(...decoder.end());
  const chunks = out.map((event) => {
    expect(event.toString()).toMatch(/^data: [^\n]*\n\n$/);
    return JSON.parse(event.toString().slice('data: '.length)) as Chunk;
  });
  return { chunks, usage: decoder.usage };
}

function cut(bytes: Buffer, size: number): Buffer[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}

/** What the recording itself says. */
function recorded(events: readonly StreamEvent[]): Held {
  const blocks = new Map<number, { block: AnswerBlock; text: string; thoughts: string; json: string }>();
  // Negative: a turn may begin with whole blocks, beside the ones that come.
  events[0]?.message?.content?.forEach((block, index) =>
    blocks.set(-1 - index, { block, text: block.text ?? '', thoughts: block.thinking ?? '', json: '' }),
  );
  for (const { type, index = 0, content_block: block = {}, delta = {} } of events) {
    if (type === 'content_block_start')
      blocks.set(index, { block, text: block.text ?? '', thoughts: block.thinking ?? '', json: '' });
    const open = blocks.get(index);
    if (!open) continue;
    open.text += delta.text ?? '';
    open.thoughts += delta.thinking ?? '';
    open.json += delta.partial_json ?? '';
  }
  const all = [...blocks.values()];
  const calls = all.filter(({ block }) => block.type === 'tool_use');
  return {
    text: all.map(({ text }) => text).join(''),
    thoughts: all.map(({ thoughts }) => thoughts).join(''),
    calls: calls.map(({ block: { id, name, input }, json }) => ({
      id,
      name,
      input: json ? JSON.parse(json) : input,
    })),
  };
}

function streamed(chunks: readonly Chunk[]): Held {
  const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
  const calls: { id: unknown; name: unknown; text: string }[] = [];
  for (const call of deltas.flatMap((delta) => delta.tool_calls ?? [])) {
    const { index = -1, id, function: called } = call;
    expect(index).toBeLessThanOrEqual(calls.length);
    if (index === calls.length) calls.push({ id, name: called.name, text: '' });
    (calls[index] as { text: string }).text += called.arguments;
  }
  return {
    text: deltas.map(({ content }) => content ?? '').join(''),
    thoughts: deltas.map(({ reasoning_content: thoughts }) => thoughts ?? '').join(''),
    calls: calls.map(({ id, name, text }) => ({ id, name, input: JSON.parse(text) })),
  };
}

function expectChunks(events: readonly StreamEvent[], { chunks, usage }: ReturnType<typeof play>): void {
  expect(streamed(chunks)).toEqual(recorded(events));
  expect(new Set(chunks.map(({ id, model, object }) => `${id} ${model} ${object}`)).size).toBe(1);
  const [first, ...others] = chunks;
  expect([first?.model, first?.object]).toEqual(['my-model', 'chat.completion.chunk']);
  expect(first?.choices[0]?.delta).toEqual({ role: 'assistant', content: '', refusal: null });
  expect(others.some(({ choices }) => choices[0]?.delta.role !== undefined)).toBe(false);
  const reasons = chunks.flatMap(({ choices }) => choices.flatMap((choice) => choice.finish_reason ?? []));
  expect([reasons.length, FINISH_REASONS.includes(reasons[0] ?? '')]).toEqual([1, true]);
  const told = Object.assign({}, ...events.map((event) => event.message?.usage ?? event.usage ?? {}));
  const {
    input_tokens: input,
    cache_read_input_tokens: cached = 0,
    cache_creation_input_tokens: made = 0,
  } = told;
  const prompt = input + cached + made;
  expect(chunks.at(-1)).toMatchObject({
    choices: [],
    usage: { prompt_tokens: prompt, total_tokens: prompt + told.output_tokens },
  });
  expect(usage).toMatchObject({
    promptTokens: prompt,
    completionTokens: told.output_tokens,
    cachedTokens: cached,
  });
}

describe.skipIf(FILES.length === 0)('recorded answers of Anthropic', () => {
  it(`are ${STREAMS.length} streams of ${FILES.length} files`, () => expect(WHOLE.length).toBeGreaterThan(0));

  it.each(WHOLE)('$name is streamed as recorded, in packets of any size', ({ events }) => {
    const bytes = bytesOf(events);
    for (const size of [bytes.length, 1, 7, 4096]) expectChunks(events, play(cut(bytes, size)));
  });

  it.each(WHOLE.filter(({ events }) => bytesOf(events).length < 3_000))(
    '$name is the same at every split',
    ({ events }) => {
      const bytes = bytesOf(events);
      const expected = play([bytes]);
      for (let at = 1; at < bytes.length; at++) {
        expect(play([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
      }
    },
  );

  it.each(WHOLE)('$name is no answer when its end is cut', ({ events }) => {
    expect(() => play([bytesOf(events.slice(0, -1))])).toThrow('before the answer was complete');
  });

  it.each(STREAMS.filter((one) => !isOne(one)))('$name, two answers in one, is none', ({ events }) => {
    expect(() => play([bytesOf(events)])).toThrow('began another answer');
  });

  it.each(FILES.filter((file) => file.endsWith('.json')))('%s is answered as recorded', (file) => {
    const message = JSON.parse(read(file)) as Message;
    const { body, usage } = decodeChat(Buffer.from(read(file)), context);
    const { choices, ...rest } = JSON.parse(body.toString());
    const { message: part, finish_reason: reason } = choices[0] as { message: Part; finish_reason: string };
    const blocks = message.content ?? [];
    const textOf = (name: 'text' | 'thinking') => blocks.map((block) => block[name] ?? '').join('');
    expect(rest).toMatchObject({ object: 'chat.completion', model: 'my-model' });
    expect([part.content ?? '', part.reasoning_content ?? '']).toEqual([textOf('text'), textOf('thinking')]);
    const calls = (part.tool_calls ?? []).map(({ id, function: { name, arguments: text } }) => [
      id,
      name,
      JSON.parse(text),
    ]);
    const uses = blocks.filter(({ type }) => type === 'tool_use');
    expect(calls).toEqual(uses.map(({ id, name, input }) => [id, name, input]));
    expect(FINISH_REASONS).toContain(reason);
    const told = message.usage ?? {};
    const cached = told.cache_read_input_tokens ?? 0;
    const prompt = (told.input_tokens ?? 0) + cached + (told.cache_creation_input_tokens ?? 0);
    expect(usage).toMatchObject({
      promptTokens: prompt,
      cachedTokens: cached,
      completionTokens: told.output_tokens,
    });
  });
});
