import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SseParser } from '#contract';
import type { Usage } from '#contract';
import { madeContext } from '../../../test/support/made-context.js';
import { findAdapter } from './index.js';
import type { Codec } from './spec.js';

/** Recorded answers of real providers, data that not every checkout has beside it. */
const FOLDER = new URL('../../../../shared/fixtures', import.meta.url).pathname;

/** Folder of recordings, and the type that reads them. */
const TYPES = [
  ['mistral', 'mistral'],
  ['groq', 'groq'],
  ['xai', 'xai'],
  ['deepseek', 'deepseek'],
  ['azure', 'azure-openai'],
] as const;

const FINISH_REASONS = [null, 'stop', 'length', 'tool_calls', 'content_filter', 'function_call'];

interface Message {
  content?: unknown;
  reasoning_content?: unknown;
  tool_calls?: { index?: number; id?: string; type?: string }[] | null;
}
interface Answer {
  model?: string;
  choices: { delta?: Message; message?: Message; finish_reason?: string | null }[];
  usage?: { completion_tokens: number; total_tokens: number; prompt_tokens: number };
}

const context = madeContext({ model: 'my-model', includeUsage: true });

const RECORDINGS = TYPES.flatMap(([folder, type]) => {
  const path = join(FOLDER, folder);
  const files = existsSync(path) ? readdirSync(path) : [];
  return files.map((file) => ({ type, name: file, text: readFileSync(join(path, file), 'utf8') }));
});
const STREAMS = RECORDINGS.filter(({ text }) => text.includes('"chat.completion.chunk"'));
const ANSWERS = RECORDINGS.filter(({ text }) => /"object":\s*"chat.completion"/.test(text));

function chatOf(type: string): Codec<'chat'> {
  const codec = findAdapter(type)?.operations.chat;
  if (!codec) throw new Error(`${type} cannot chat`);
  return codec;
}

function play(type: string, lines: readonly string[]): { chunks: Answer[]; usage: Usage | undefined } {
  const stream = chatOf(type).openStream(context);
  const text = [...lines, '[DONE]'].map((line) => `data: ${line}\n\n`).join('');
  const events = new SseParser().push(Buffer.from(text)).flatMap((event) => stream.push(event));
  stream.end();
  const chunks = events.map((event) => JSON.parse(event.toString().slice('data: '.length)) as Answer);
  return { chunks, usage: stream.usage };
}

function expectOpenAi({ choices, model }: Answer): void {
  expect(model).toBe('my-model');
  for (const { delta, message, finish_reason: reason = null } of choices) {
    const { content, reasoning_content: thoughts, tool_calls: calls } = delta ?? message ?? {};
    for (const text of [content, thoughts]) expect(['string', 'undefined']).toContain(typeof (text ?? ''));
    expect(FINISH_REASONS).toContain(reason);
    for (const call of calls ?? []) {
      if (delta) expect(call.index).toEqual(expect.any(Number));
      if (call.id !== undefined) expect(call.type).toBe('function');
    }
  }
}

const textIn = (value: unknown): string =>
  [...JSON.stringify(value).matchAll(/"(?:text|content|reasoning_content|thinking)":("(?:[^"\\]|\\.)*")/g)]
    .map(([, text = '""']) => JSON.parse(text) as string)
    .filter((text) => text !== 'text')
    .join('');

describe.skipIf(!existsSync(FOLDER))('recorded answers, by the type that speaks to their provider', () => {
  it('are there', () =>
    expect([STREAMS.length, ANSWERS.length]).toEqual([expect.any(Number), expect.any(Number)]));

  it.each(STREAMS)('$type: $name streams in OpenAI’s shape', ({ type, text }) => {
    const lines = text.trim().split('\n');
    const recorded = lines.map((line) => JSON.parse(line) as Answer);
    const { chunks, usage } = play(type, lines);
    chunks.forEach(expectOpenAi);
    expect(chunks).toHaveLength(recorded.length);
    expect(chunks.map(textIn).join('')).toBe(recorded.map(textIn).join(''));
    const told = recorded.findLast((chunk) => chunk.usage)?.usage;
    expect(usage?.promptTokens).toBe(told?.prompt_tokens);
    expect((usage?.promptTokens ?? 0) + (usage?.completionTokens ?? 0)).toBe(told?.total_tokens ?? 0);
  });

  it.each(ANSWERS)('$type: $name is in OpenAI’s shape', ({ type, text }) => {
    const recorded = JSON.parse(text) as Answer;
    const { body, usage } = chatOf(type).decode(Buffer.from(text), context);
    const answer = JSON.parse(body.toString()) as Answer;
    expectOpenAi(answer);
    expect([...textIn(answer.choices)].sort()).toEqual([...textIn(recorded.choices)].sort());
    expect((usage?.promptTokens ?? 0) + (usage?.completionTokens ?? 0)).toBe(recorded.usage?.total_tokens);
  });
});
