import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SseParser } from '#contract';
import type { JsonRequest, RelayedRequest, Usage } from '#contract';
import { canSpeak, speak } from '#dialects';
import type { DialectName } from '#dialects';
import { findAdapter } from '#providers';
import type { Codec, DecodeContext } from '#providers';
import { madeContext, madeTarget } from './made-context.js';

/** Recorded answers of real providers, data that not every checkout has beside it. */
const FOLDER = new URL('../../../shared/fixtures', import.meta.url).pathname;
export const areRecordingsHere = existsSync(FOLDER);

/** Folder of recordings, the type that reads them, and how their streams end. */
const TYPES = [
  ['mistral', 'mistral', '[DONE]'],
  ['groq', 'groq', '[DONE]'],
  ['xai', 'xai', '[DONE]'],
  ['deepseek', 'deepseek', '[DONE]'],
  ['google', 'gemini', undefined],
  ['cohere', 'cohere', undefined],
  ['anthropic', 'anthropic', undefined],
] as const;

export interface Recording {
  readonly type: string;
  readonly name: string;
  readonly text: string;
  /** The lines of a stream, and its end. */
  readonly lines: readonly string[];
}

const IS_CHAT =
  /"chat\.completion(?:\.chunk)?"|"candidates"|"message-start"|"message_start"|"finish_reason"|"type":\s*"message"/;

/** An error, or an answer in Responses' own wire. */
const IS_OTHER = /"error"|"object":\s*"response"|"response\./;

const RECORDINGS: readonly Recording[] = TYPES.flatMap(([folder, type, end]) => {
  const path = join(FOLDER, folder);
  return (existsSync(path) ? readdirSync(path) : []).map((name) => {
    const text = readFileSync(join(path, name), 'utf8');
    return { type, name, text, lines: [...text.trim().split('\n'), ...(end ? [end] : [])] };
  });
}).filter(({ name, text }) => IS_CHAT.test(text) && !IS_OTHER.test(text) && !name.startsWith('spliced'));

/** Those whose provider is asked for the dialect as for a chat. */
function through(dialect: DialectName): readonly Recording[] {
  return RECORDINGS.filter(({ type }) => {
    const adapter = findAdapter(type);
    return adapter && canSpeak(dialect, adapter) && speak(dialect, adapter)?.asked === 'chat';
  });
}

export const recordedStreams = (dialect: DialectName): readonly Recording[] =>
  through(dialect).filter(({ name }) => name.endsWith('.chunks.txt'));
export const recordedAnswers = (dialect: DialectName): readonly Recording[] =>
  through(dialect).filter(({ name }) => name.endsWith('.json'));

function codecOf(dialect: DialectName, type: string): { codec: Codec; context: DecodeContext } {
  const adapter = findAdapter(type);
  const speech = adapter && speak(dialect, adapter);
  if (!speech) throw new Error(`${type} cannot be asked for ${dialect}`);
  const said = [{ role: 'user', content: 'x' }];
  const value = { model: 'my-model', max_tokens: 9, messages: said, input: said, stream: true };
  const request = { bytes: Buffer.from(JSON.stringify(value)), value } as unknown as JsonRequest<never>;
  // An answer is decoded by what was asked.
  speech.codec.encode(request, madeTarget(type));
  const context = { ...madeContext({ model: 'my-model', type }), request: value as RelayedRequest };
  return { codec: speech.codec, context };
}

/** What a client is told of a recorded stream: the events' names and payloads. */
export function playStream<Event>(
  dialect: DialectName,
  { type, lines }: Recording,
): { events: { name: string | undefined; payload: Event }[]; usage: Usage | undefined } {
  const { codec, context } = codecOf(dialect, type);
  const stream = codec.openStream(context);
  const upstream = new SseParser().push(Buffer.from(lines.map((line) => `data: ${line}\n\n`).join('')));
  const printed = Buffer.concat([...upstream.flatMap((event) => stream.push(event)), ...stream.end()]);
  const events = new SseParser()
    .push(Buffer.concat([printed, Buffer.from(stream.ending)]))
    .map(({ data, event }) => ({ name: event, payload: JSON.parse(data.toString()) as Event }));
  return { events, usage: stream.usage };
}

/** What a client is told of a recorded answer. */
export function playAnswer(dialect: DialectName, { type, text }: Recording) {
  const { codec, context } = codecOf(dialect, type);
  const { body, usage } = codec.decode(Buffer.from(text), context);
  return { answer: JSON.parse(body.toString()) as ReturnType<typeof JSON.parse>, usage };
}

/** Every letter that two texts have, whatever the order of their pieces. */
export const lettersOf = (text: string): string => [...text].toSorted().join('');

/** Every text and thought of a recording on OpenAI's wire, or on Google's. */
export const saidIn = (text: string): string =>
  [...text.matchAll(/"(?:text|content|reasoning_content|reasoning|thinking)":\s*("(?:[^"\\]|\\.)*")/g)]
    .map(([, found = '""']) => JSON.parse(found) as string)
    .join('');

/** Types whose recordings hold every text once, so that `saidIn` finds it. */
export const TELLS_ONCE: ReadonlySet<string> = new Set(['mistral', 'groq', 'xai', 'deepseek', 'gemini']);
