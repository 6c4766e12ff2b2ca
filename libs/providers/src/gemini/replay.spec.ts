import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SseParser } from '#contract';
import type { Usage } from '#contract';
import { madeContext } from '../../../../test/support/made-context.js';
import { vertex } from '../vertex/adapter.js';
import { gemini } from './adapter.js';
import type { Codec } from '../spec.js';
import type { AnswerPart, GenerateContentResponse, UsageMetadata } from './wire.js';

/** Recorded answers of the real Gemini, data that not every checkout has beside it. */
const FOLDER = new URL('../../../../../shared/fixtures/google', import.meta.url).pathname;
const FILES = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');

/** The types that speak to it. */
const TYPES = [gemini, vertex].map(({ name, operations: { chat } }) => ({
  name,
  chat: chat as Codec<'chat'>,
}));
const context = madeContext({ model: 'my-model', includeUsage: true, upstreamModel: 'gemini-2.5-flash' });
const FINISH_REASONS = ['stop', 'length', 'tool_calls', 'content_filter'];

interface Call {
  readonly index?: number;
  readonly id?: string;
  readonly function: { readonly name?: string; readonly arguments: string };
  readonly extra_content?: unknown;
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
  readonly usage?: object | null;
}

/** The folder holds answers of Google's other API too, which speaks of interactions. */
const isAnswer = ({ candidates }: GenerateContentResponse): boolean => Array.isArray(candidates);
const STREAMS = FILES.filter((file) => file.endsWith('.chunks.txt'))
  .map((file) => {
    const lines = read(file).trim().split('\n');
    return { file, events: lines.map((line) => JSON.parse(line) as GenerateContentResponse) };
  })
  .filter(({ events }) => events.some(isAnswer));
const WHOLE = FILES.filter((file) => file.endsWith('.json'))
  .map((file) => ({ file, answer: JSON.parse(read(file)) as GenerateContentResponse }))
  .filter(({ answer }) => isAnswer(answer));

function play(chat: Codec<'chat'>, events: readonly GenerateContentResponse[], size: number) {
  const bytes = Buffer.from(events.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join(''));
  const parser = new SseParser();
  const decoder = chat.openStream(context);
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    for (const event of parser.push(bytes.subarray(at, at + size))) out.push(...decoder.push(event));
  }
  out.push(...decoder.end());
  const chunks = out.map((event) => {
    expect(event.toString()).toMatch(/^data: [^\n]*\n\n$/);
    return JSON.parse(event.toString().slice('data: '.length)) as Chunk;
  });
  return { chunks, usage: decoder.usage };
}

const partsOf = (events: readonly GenerateContentResponse[]): AnswerPart[] =>
  events.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
const textOf = (parts: readonly AnswerPart[], isThought: boolean): string =>
  parts.map(({ text = '', thought = false }) => (thought === isThought ? text : '')).join('');
const namesOf = (parts: readonly AnswerPart[]): string[] =>
  parts.flatMap((part) => part.functionCall?.name ?? []);

function streamed(chunks: readonly Chunk[]) {
  const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
  const calls: { id: unknown; name: string; text: string }[] = [];
  for (const { index = -1, id, function: called } of deltas.flatMap((delta) => delta.tool_calls ?? [])) {
    expect(index).toBeLessThanOrEqual(calls.length);
    if (index === calls.length) calls.push({ id, name: called.name ?? '', text: '' });
    (calls[index] as { text: string }).text += called.arguments;
  }
  return {
    text: deltas.map(({ content }) => content ?? '').join(''),
    thoughts: deltas.map(({ reasoning_content: thoughts }) => thoughts ?? '').join(''),
    calls,
  };
}

/** Every argument that came whole, or piece by piece, by its text. */
function valuesOf(parts: readonly AnswerPart[]): unknown[] {
  return parts.flatMap(({ functionCall: call }) => {
    const pieces = (call?.partialArgs ?? []).map((arg) => arg.stringValue ?? arg.numberValue);
    return [...Object.values(call?.args ?? {}), ...pieces].filter((value) => value !== '');
  });
}

function leavesOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leavesOf) : [value];
}

function expectUsage(usage: Usage | undefined, told: UsageMetadata | undefined): void {
  expect(usage).toMatchObject({
    promptTokens: told?.promptTokenCount,
    completionTokens: (told?.candidatesTokenCount ?? 0) + (told?.thoughtsTokenCount ?? 0),
    reasoningTokens: told?.thoughtsTokenCount ?? 0,
    cachedTokens: told?.cachedContentTokenCount ?? 0,
  });
}

describe.skipIf(FILES.length === 0).each(TYPES)('recorded answers of Gemini, by $name', ({ chat }) => {
  it('are there', () => expect([STREAMS.length > 0, WHOLE.length > 0]).toEqual([true, true]));

  it.each(STREAMS)('$file is streamed as recorded, in packets of any size', ({ events }) => {
    const parts = partsOf(events);
    for (const size of [1, 7, 100, 4096, Infinity]) {
      const { chunks, usage } = play(chat, events, size);
      const { text, thoughts, calls } = streamed(chunks);
      expect([text, thoughts]).toEqual([textOf(parts, false), textOf(parts, true)]);
      expect(calls.map(({ name }) => name)).toEqual(namesOf(parts));
      expect(calls.flatMap((call) => leavesOf(JSON.parse(call.text)))).toEqual(valuesOf(parts));
      expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
      expect(new Set(chunks.map(({ id, model, object }) => `${id} ${model} ${object}`)).size).toBe(1);
      const [first, ...others] = chunks;
      expect(first).toMatchObject({ model: 'my-model', object: 'chat.completion.chunk' });
      expect(first?.choices[0]?.delta).toEqual({ role: 'assistant', content: '', refusal: null });
      expect(others.some(({ choices }) => choices[0]?.delta.role !== undefined)).toBe(false);
      const reasons = chunks.flatMap(({ choices }) =>
        choices.flatMap((choice) => choice.finish_reason ?? []),
      );
      expect(reasons).toEqual([calls.length > 0 ? 'tool_calls' : 'stop']);
      expectUsage(usage, events.at(-1)?.usageMetadata);
      expect(chunks.at(-1)?.choices).toEqual([]);
    }
  });

  it.each(STREAMS)('$file, cut before its end, is an error', ({ events }) => {
    expect(() => play(chat, events.slice(0, -1), Infinity)).toThrow('before the answer was complete');
  });

  it.each(STREAMS)('$file loses no signature', ({ events }) => {
    const sent = JSON.stringify(play(chat, events, Infinity).chunks);
    for (const { thoughtSignature: signature } of partsOf(events)) {
      if (signature) expect(sent).toContain(`"thought_signature":"${signature}"`);
    }
  });

  it.each(WHOLE)('$file is a chat completion', ({ file, answer }) => {
    const { body, usage } = chat.decode(Buffer.from(read(file)), context);
    const { id, model, choices } = JSON.parse(body.toString());
    const [{ message, finish_reason: reason }] = choices;
    const parts = partsOf([answer]);
    expect([id, model]).toEqual([`chatcmpl-${answer.responseId}`, 'my-model']);
    expect(message.content ?? '').toBe(textOf(parts, false));
    const calls = (message.tool_calls ?? []) as Call[];
    expect(calls.map(({ function: called }) => called.name)).toEqual(namesOf(parts));
    expect(calls.map(({ function: called }) => JSON.parse(called.arguments))).toEqual(
      parts.flatMap(({ functionCall: call }) => (call ? [call.args ?? {}] : [])),
    );
    expect(FINISH_REASONS).toContain(reason);
    expectUsage(usage, answer.usageMetadata);
  });

  it.skipIf(!FILES.includes('google-429-retry-info.json'))('say when to ask again', () => {
    const error = chat.decodeError(429, Buffer.from(read('google-429-retry-info.json')));
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', retryAfter: 35, retry: 'next' });
  });
});
