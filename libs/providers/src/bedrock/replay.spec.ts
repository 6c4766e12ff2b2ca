import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SseEvent } from '#contract';
import { awsFrame } from '../../../../test/support/aws-frames.js';
import { madeContext } from '../../../../test/support/made-context.js';
import { AwsEventParser } from '../../../upstream/src/aws-event-parser.js';
import { decodeChat } from './decode-chat.js';
import { ConverseDecoder } from './decode-chat-stream.js';
import type { AnswerContent, ConverseAnswer, StreamPayload, TokenUsage } from './wire.js';

/** Recorded answers of the real Bedrock, data that not every checkout has beside it. */
const FOLDER = new URL('../../../../../shared/fixtures/amazon-bedrock', import.meta.url).pathname;
const FILES = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');

const context = madeContext({ model: 'my-model', type: 'bedrock', includeUsage: true });
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
  readonly thinking_blocks?: readonly { readonly signature?: string }[];
  readonly tool_calls?: readonly Call[];
}
interface Chunk {
  readonly id: string;
  readonly model: string;
  readonly object: string;
  readonly choices: readonly { readonly delta: Part; readonly finish_reason: string | null }[];
  readonly usage?: object | null;
}

/** A recorded line is an event's payload under its name. */
type Recorded = Readonly<Record<string, StreamPayload>>;
const STREAMS = FILES.filter((file) => file.endsWith('.chunks.txt')).map((file) => {
  const lines = read(file).trim().split('\n');
  return { file, events: lines.map((line) => JSON.parse(line) as Recorded) };
});

/** As Bedrock frames them. */
function framesOf(events: readonly Recorded[]): Buffer {
  const pairs = events.flatMap((event) => Object.entries(event));
  return Buffer.concat(pairs.map(([name, payload]) => awsFrame(name, JSON.stringify(payload))));
}

function play(packets: readonly Buffer[]) {
  const parser = new AwsEventParser();
  const decoder = new ConverseDecoder(context);
  const out: Buffer[] = [];
  const sink = { event: (event: SseEvent) => void out.push(...decoder.push(event)) };
  for (const packet of packets) parser.feed(packet, sink);
  parser.end();
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
function recorded(events: readonly Recorded[]) {
  const starts = events.flatMap((event) => event.contentBlockStart ?? []);
  const deltas = events.flatMap((event) => event.contentBlockDelta ?? []);
  const calls = starts.flatMap(({ contentBlockIndex: at, start }) => {
    if (!start?.toolUse) return [];
    const pieces = deltas.filter(({ contentBlockIndex: own }) => own === at);
    const input = pieces.map(({ delta }) => delta?.toolUse?.input ?? '').join('');
    const { toolUseId: id, name } = start.toolUse;
    return [{ id, name, input: input === '' ? {} : (JSON.parse(input) as unknown) }];
  });
  const join = (pick: (payload: StreamPayload) => string | undefined): string =>
    deltas.map((payload) => pick(payload) ?? '').join('');
  return {
    text: join(({ delta }) => delta?.text),
    thoughts: join(({ delta }) => delta?.reasoningContent?.text),
    signatures: join(({ delta }) => delta?.reasoningContent?.signature),
    calls,
  };
}

function streamed(chunks: readonly Chunk[]) {
  const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
  const calls: { id: unknown; name: unknown; text: string }[] = [];
  for (const { index = -1, id, function: called } of deltas.flatMap((delta) => delta.tool_calls ?? [])) {
    expect(index).toBeLessThanOrEqual(calls.length);
    if (index === calls.length) calls.push({ id, name: called.name, text: '' });
    (calls[index] as { text: string }).text += called.arguments;
  }
  const blocks = deltas.flatMap((delta) => delta.thinking_blocks ?? []);
  return {
    text: deltas.map(({ content }) => content ?? '').join(''),
    thoughts: deltas.map(({ reasoning_content: thoughts }) => thoughts ?? '').join(''),
    signatures: blocks.map(({ signature }) => signature ?? '').join(''),
    calls: calls.map(({ id, name, text }) => ({ id, name, input: JSON.parse(text) as unknown })),
  };
}

function expectedUsage(told: TokenUsage | null | undefined) {
  const cached = told?.cacheReadInputTokens ?? 0;
  const promptTokens = (told?.inputTokens ?? 0) + cached + (told?.cacheWriteInputTokens ?? 0);
  return { promptTokens, cachedTokens: cached, completionTokens: told?.outputTokens };
}

describe.skipIf(FILES.length === 0)('recorded answers of Bedrock', () => {
  it('are there', () => expect(STREAMS.length).toBeGreaterThan(0));

  it.each(STREAMS)('$file is streamed as recorded, in packets of any size', ({ events }) => {
    const bytes = framesOf(events);
    for (const size of [bytes.length, 1, 7, 4096]) {
      const { chunks, usage } = play(cut(bytes, size));
      expect(streamed(chunks)).toEqual(recorded(events));
      expect(new Set(chunks.map(({ id, model, object }) => `${id} ${model} ${object}`)).size).toBe(1);
      const [first, ...others] = chunks;
      expect([first?.model, first?.object]).toEqual(['my-model', 'chat.completion.chunk']);
      expect(first?.choices[0]?.delta).toEqual({ role: 'assistant', content: '', refusal: null });
      expect(others.some(({ choices }) => choices[0]?.delta.role !== undefined)).toBe(false);
      const reasons = chunks.flatMap(({ choices }) => choices.flatMap(({ finish_reason: one }) => one ?? []));
      expect([reasons.length, FINISH_REASONS.includes(reasons[0] ?? '')]).toEqual([1, true]);
      const told = events.flatMap((event) => event.metadata?.usage ?? [])[0];
      expect(usage).toMatchObject(expectedUsage(told));
      expect(chunks.at(-1)?.choices).toEqual([]);
    }
  });

  it.each(STREAMS)('$file is the same at every split', ({ events }) => {
    const bytes = framesOf(events.slice(-8));
    const expected = play([bytes]);
    for (let at = 1; at < bytes.length; at++) {
      expect(play([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
    }
  });

  it.each(STREAMS)('$file is no answer when its end is cut', ({ events }) => {
    const isEnd = (event: Recorded): boolean => event.messageStop !== undefined;
    const bytes = framesOf(events.filter((event) => !isEnd(event)));
    expect(() => play([bytes])).toThrow('before the answer was complete');
    expect(() => play([bytes.subarray(0, -1)])).toThrow('cut inside of an event');
  });

  it.each(FILES.filter((file) => file.endsWith('.json')))('%s is answered as recorded', (file) => {
    const answer = JSON.parse(read(file)) as ConverseAnswer;
    const { body, usage } = decodeChat(Buffer.from(read(file)), context);
    const { choices, ...rest } = JSON.parse(body.toString());
    const { message, finish_reason: reason } = choices[0] as { message: Part; finish_reason: string };
    const blocks: readonly AnswerContent[] = answer.output?.message?.content ?? [];
    const thoughts = blocks.flatMap(({ reasoningContent }) => reasoningContent?.reasoningText ?? []);
    expect(rest).toMatchObject({ object: 'chat.completion', model: 'my-model' });
    expect(message.content ?? '').toBe(blocks.map(({ text }) => text ?? '').join(''));
    expect(message.reasoning_content ?? '').toBe(thoughts.map(({ text }) => text).join(''));
    expect((message.thinking_blocks ?? []).map(({ signature }) => signature)).toEqual(
      thoughts.map(({ signature }) => signature),
    );
    const calls = (message.tool_calls ?? []).map(({ id, function: { name, arguments: text } }) => ({
      toolUseId: id,
      name,
      input: JSON.parse(text) as unknown,
    }));
    expect(calls).toEqual(blocks.flatMap(({ toolUse }) => toolUse ?? []));
    expect(FINISH_REASONS).toContain(reason);
    expect(usage).toMatchObject(expectedUsage(answer.usage));
  });
});
