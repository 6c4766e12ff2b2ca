import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { readUsage, SseParser } from '#contract';
import type { Usage } from '#contract';
import { madeContext } from '../../../test/support/made-context.js';
import { ChunkDecoder } from './openai-compatible/decode-stream.js';
import { decodeResponse } from './openai-compatible/decode-response.js';

/** Recorded answers of real providers, data that not every checkout has beside it. */
const FOLDER = new URL('../../../../shared/fixtures', import.meta.url).pathname;
const PROVIDERS = [
  'openai-compatible',
  'deepseek',
  'groq',
  'mistral',
  'xai',
  'azure',
  'openai',
  'openai-recorded',
];

const ALIAS = 'team/my-gpt-4';
const contextOf = (includeUsage: boolean) => madeContext({ model: ALIAS, includeUsage });

interface ToolCall {
  index?: number;
}
interface Chunk {
  object?: string;
  model?: string;
  usage?: unknown;
  choices?: { index?: number; delta?: { content?: unknown; tool_calls?: ToolCall[] } }[];
}
interface Recording {
  readonly name: string;
  readonly text: string;
}

/** Texts of answers: whole ones are JSON, streams are server-sent events. */
function recordings(): Recording[] {
  const folders = PROVIDERS.filter((name) => existsSync(join(FOLDER, name)));
  return folders.flatMap((folder) => readdirSync(join(FOLDER, folder)).flatMap((file) => read(folder, file)));
}

function read(folder: string, file: string): Recording[] {
  const text = readFileSync(join(FOLDER, folder, file), 'utf8');
  const name = `${folder}/${file}`;
  if (file.endsWith('.yaml')) {
    const { interactions } = parseYaml(text) as { interactions: { response: { body: unknown } }[] };
    return interactions.map(({ response }, index) => ({
      name: `${name} ${index}`,
      text: bodyText(response.body),
    }));
  }
  if (file.endsWith('.chunks.txt')) {
    const events = text
      .trim()
      .split('\n')
      .map((line) => `data: ${line}\n\n`);
    return [{ name, text: `${events.join('')}data: [DONE]\n\n` }];
  }
  return [{ name, text }];
}

function bodyText(body: unknown): string {
  if (typeof body === 'object' && body !== null) return String((body as { string?: unknown }).string ?? '');
  return String(body ?? '');
}

function payloads(text: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line.startsWith('data:'));
  return lines.map((line) => line.slice(5).trim()).filter((line) => line !== '[DONE]');
}

const ALL = recordings();
const STREAMS = ALL.map(({ name, text }) => ({ name, text, chunks: chunksIn(text) })).filter(
  ({ chunks }) => chunks.length > 0,
);
const ANSWERS = ALL.filter(({ text }) => isChat(text));

function chunksIn(text: string): Chunk[] {
  if (!text.includes('"chat.completion.chunk"')) return [];
  return payloads(text).map((payload) => JSON.parse(payload) as Chunk);
}

function isChat(text: string): boolean {
  try {
    const { choices } = JSON.parse(text) as { choices?: { message?: unknown }[] };
    return Array.isArray(choices) && choices[0]?.message !== undefined;
  } catch {
    return false;
  }
}

/** What a client who did or did not ask for usage should see. */
function expectedChunks(chunks: readonly Chunk[], includeUsage: boolean): Chunk[] {
  const named = chunks.map((chunk) => ({ ...chunk, model: ALIAS }));
  if (includeUsage) return named;
  const isUsageOnly = ({ usage, choices }: Chunk): boolean => usage != null && (choices ?? []).length === 0;
  for (const chunk of named) if (!isUsageOnly(chunk)) delete chunk.usage;
  return named.filter((chunk) => chunk.usage === undefined);
}

function packetsOf(text: string, split: number | 'line'): Buffer[] {
  if (split === 'line') return text.split(/(?<=\n)/).map((line) => Buffer.from(line));
  const bytes = Buffer.from(text);
  const count = Math.ceil(bytes.length / split);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * split, (index + 1) * split));
}

function play(
  text: string,
  split: number | 'line',
  includeUsage: boolean,
): { seen: Chunk[]; usage: Usage | undefined } {
  const parser = new SseParser();
  const decoder = new ChunkDecoder(contextOf(includeUsage));
  const out: Buffer[] = [];
  for (const packet of packetsOf(text, split)) {
    for (const event of parser.push(packet)) out.push(...decoder.push(event));
  }
  for (const event of parser.end()) out.push(...decoder.push(event));
  out.push(...decoder.end());
  expect(out.every((event) => /^data: [^\n]*\n\n$/.test(event.toString()))).toBe(true);
  return {
    seen: out.map((event) => JSON.parse(event.toString().slice('data: '.length)) as Chunk),
    usage: decoder.usage,
  };
}

function textOf(chunks: readonly Chunk[]): string {
  const contents = chunks.flatMap(({ choices }) => (choices ?? []).map(({ delta }) => delta?.content ?? ''));
  return contents
    .map((content) => (typeof content === 'string' ? content : JSON.stringify(content)))
    .join('');
}

function toolIndexes(chunks: readonly Chunk[]): unknown[] {
  return chunks.flatMap(({ choices }) =>
    (choices ?? []).flatMap(({ index, delta }) =>
      (delta?.tool_calls ?? []).map((call) => [index, call.index]),
    ),
  );
}

function lastUsage(chunks: readonly Chunk[]): Usage | undefined {
  return chunks.map(({ usage }) => readUsage(usage)).findLast((usage) => usage !== undefined);
}

describe.skipIf(!existsSync(FOLDER))('answers of real providers, replayed', () => {
  it(`are ${STREAMS.length} streams and ${ANSWERS.length} whole answers, of ${ALL.length} recordings`, () => {
    expect(STREAMS.length).toBeGreaterThan(0);
    expect(ANSWERS.length).toBeGreaterThan(0);
  });

  describe.each(STREAMS)('$name', ({ text, chunks }) => {
    it.each<[string, number | 'line']>([
      ['whole', Number.MAX_SAFE_INTEGER],
      ['by line', 'line'],
      ['by byte', 1],
      ['in 7 bytes', 7],
    ])('streams as recorded, %s', { timeout: 30_000 }, (_, split) => {
      for (const includeUsage of [false, true]) {
        const { seen, usage } = play(text, split, includeUsage);
        expect(seen.every(({ model }) => model === ALIAS)).toBe(true);
        expect(textOf(seen)).toBe(textOf(chunks));
        expect(toolIndexes(seen)).toEqual(toolIndexes(chunks));
        expect(usage).toEqual(lastUsage(chunks));
        expect(seen).toEqual(expectedChunks(chunks, includeUsage));
      }
    });
  });

  it.each(ANSWERS)('$name is answered as recorded', ({ text }) => {
    const recorded = JSON.parse(text) as Chunk;
    const { body, usage } = decodeResponse(Buffer.from(text), contextOf(false));
    expect(JSON.parse(body.toString())).toEqual({ ...recorded, model: ALIAS });
    expect(usage).toEqual(readUsage(recorded.usage));
  });
});
