import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SseParser } from '#contract';
import type { Usage } from '#contract';
import { madeContext } from '../../../../test/support/made-context.js';
import { decodeChat } from './decode-chat.js';
import { EventDecoder } from './decode-chat-stream.js';
import { decodeEmbeddings } from './decode-embeddings.js';
import type { AnswerUsage, ChatAnswer, StreamEvent } from './wire.js';

/** Recorded answers of the real Cohere, data that not every checkout has beside it. */
const FOLDER = new URL('../../../../../shared/fixtures/cohere', import.meta.url).pathname;
const FILES = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');
const valueIn = (file: string) =>
  JSON.parse(read(file)) as ChatAnswer & { embeddings?: { float: unknown[] } };

const context = madeContext({ model: 'my-model', type: 'cohere', includeUsage: true });
const FINISH_REASONS = ['stop', 'length', 'tool_calls', 'content_filter'];

interface Call {
  readonly index?: number;
  readonly id?: string;
  readonly function: { readonly name?: string; readonly arguments: string };
}
interface Part {
  readonly role?: string;
  readonly content?: string | null;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly Call[];
  readonly citations?: readonly object[];
}
interface Chunk {
  readonly id: string;
  readonly model: string;
  readonly object: string;
  readonly choices: readonly { readonly delta: Part; readonly finish_reason: string | null }[];
  readonly usage?: object | null;
}

/** What an answer holds, whole or streamed. */
interface Held {
  readonly text: string;
  readonly thoughts: string;
  readonly calls: readonly { readonly id: unknown; readonly name: unknown; readonly args: unknown }[];
  readonly citations: readonly object[];
}

const STREAMS = FILES.filter((file) => file.endsWith('.chunks.txt')).map((name) => {
  const events = read(name)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as StreamEvent);
  return { name, events };
});
const ANSWERS = FILES.filter((file) => file.endsWith('.json') && valueIn(file).message);
const VECTORS = FILES.filter((file) => file.endsWith('.json') && valueIn(file).embeddings);
const bytesOf = (events: readonly StreamEvent[]): Buffer =>
  Buffer.from(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));

function play(packets: readonly Buffer[]): { chunks: Chunk[]; usage: Usage | undefined } {
  const parser = new SseParser();
  const decoder = new EventDecoder(context);
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

const argumentsIn = (text: string): unknown => JSON.parse(text.trim() === '' ? '{}' : text) ?? {};

/** What the recording itself says. */
function recorded(events: readonly StreamEvent[]): Held {
  const calls = new Map<number, { id: unknown; name: unknown; text: string }>();
  const deltas = events.map(({ delta }) => delta?.message ?? {});
  for (const { type, index = 0, delta } of events) {
    const call = delta?.message?.tool_calls;
    if (type === 'tool-call-start') calls.set(index, { id: call?.id, name: call?.function.name, text: '' });
    const open = calls.get(index);
    if (open && call) open.text += call.function.arguments ?? '';
  }
  return {
    text: deltas.map(({ content }) => content?.text ?? '').join(''),
    thoughts: deltas.map(({ content, tool_plan: plan }) => (content?.thinking ?? '') + (plan ?? '')).join(''),
    calls: [...calls.values()].map(({ id, name, text }) => ({ id, name, args: argumentsIn(text) })),
    citations: events.flatMap(({ type, delta }) =>
      type === 'citation-start' ? (delta?.message?.citations ?? []) : [],
    ),
  };
}

function streamed(chunks: readonly Chunk[]): Held {
  const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
  const calls: { id: unknown; name: unknown; text: string }[] = [];
  for (const { index = -1, id, function: called } of deltas.flatMap((delta) => delta.tool_calls ?? [])) {
    expect(index).toBeLessThanOrEqual(calls.length);
    if (index === calls.length) calls.push({ id, name: called.name, text: '' });
    (calls[index] as { text: string }).text += called.arguments;
  }
  return {
    text: deltas.map(({ content }) => content ?? '').join(''),
    thoughts: deltas.map(({ reasoning_content: thoughts }) => thoughts ?? '').join(''),
    calls: calls.map(({ id, name, text }) => ({ id, name, args: JSON.parse(text) })),
    citations: deltas
      .flatMap(({ citations }) => citations ?? [])
      .map((citation) => Object.fromEntries(Object.entries(citation).filter(([name]) => name !== 'index'))),
  };
}

function counted({ tokens, cached_tokens: cached }: AnswerUsage) {
  const [prompt = 0, completion = 0] = [tokens?.input_tokens ?? 0, tokens?.output_tokens ?? 0];
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached ?? 0 },
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
  const told = events.findLast(({ type }) => type === 'message-end')?.delta?.usage ?? {};
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: counted(told) });
  expect(usage).toMatchObject({
    promptTokens: told.tokens?.input_tokens,
    cachedTokens: told.cached_tokens ?? 0,
    billed: { promptTokens: told.billed_units?.input_tokens },
  });
}

describe.skipIf(FILES.length === 0)('recorded answers of Cohere', () => {
  it(`are ${STREAMS.length} streams of ${FILES.length} files`, () => {
    expect(STREAMS.length * ANSWERS.length * VECTORS.length).toBeGreaterThan(0);
  });

  it.each(STREAMS)('$name is streamed as recorded, in packets of any size', ({ events }) => {
    const bytes = bytesOf(events);
    for (const size of [bytes.length, 1, 7, 4096]) expectChunks(events, play(cut(bytes, size)));
  });

  it.each(STREAMS.filter(({ events }) => bytesOf(events).length < 3_000))(
    '$name is the same at every split',
    ({ events }) => {
      const bytes = bytesOf(events);
      const expected = play([bytes]);
      for (let at = 1; at < bytes.length; at++) {
        expect(play([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
      }
    },
  );

  it.each(STREAMS)('$name is no answer when its end is cut', ({ events }) => {
    expect(() => play([bytesOf(events.slice(0, -1))])).toThrow('before the answer was complete');
  });

  it.each(ANSWERS)('%s is answered as recorded', (file) => {
    const { message, usage } = valueIn(file);
    const decoded = decodeChat(Buffer.from(read(file)), context);
    const { choices, ...rest } = JSON.parse(decoded.body.toString());
    const { message: part, finish_reason: reason } = choices[0] as { message: Part; finish_reason: string };
    expect(rest).toMatchObject({ object: 'chat.completion', model: 'my-model', usage: counted(usage ?? {}) });
    const parts = message?.content ?? [];
    expect(part.content ?? '').toBe(parts.map(({ text }) => text ?? '').join(''));
    const thoughts = parts.map(({ thinking }) => thinking ?? '').join('') + (message?.tool_plan ?? '');
    expect(part.reasoning_content ?? '').toBe(thoughts);
    const callsOf = (calls: readonly object[] | null = []) =>
      ((calls ?? []) as Call[]).map(({ id, function: { name, arguments: text } }) => [
        id,
        name,
        JSON.parse(text),
      ]);
    expect(callsOf(part.tool_calls)).toEqual(callsOf(message?.tool_calls));
    expect(part.citations).toEqual(message?.citations);
    expect(FINISH_REASONS).toContain(reason);
  });

  it.each(VECTORS)('%s is answered as recorded', (file) => {
    const { data } = JSON.parse(decodeEmbeddings(Buffer.from(read(file)), context).body.toString());
    expect(data.map(({ embedding }: { embedding: unknown }) => embedding)).toEqual(
      valueIn(file).embeddings?.float,
    );
  });
});
