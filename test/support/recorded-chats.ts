import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SseParser } from '#contract';
import type { JsonRequest, MessagesRequest, ResponsesRequest, SseEvent } from '#contract';
import { speak } from '../../libs/dialects/src/speak.js';
import type { DialectName } from '../../libs/dialects/src/spec.js';
import { findAdapter } from '../../libs/providers/src/index.js';
import type { Codec, DecodeContext, StreamDecoder } from '../../libs/providers/src/spec.js';
import { madeContext, madeTarget } from './made-context.js';

/** Recorded answers of real providers, data that not every checkout has beside it. */
const FOLDER = new URL('../../../shared/fixtures', import.meta.url).pathname;
export const areRecordingsHere = existsSync(FOLDER);

/** Folder of recordings, and the type that reads them. */
const TYPES = [
  ['mistral', 'mistral'],
  ['groq', 'groq'],
  ['xai', 'xai'],
  ['deepseek', 'deepseek'],
  ['google', 'gemini'],
  ['anthropic', 'anthropic'],
  ['cohere', 'cohere'],
  ['amazon-bedrock', 'bedrock'],
] as const;

export interface Recording {
  readonly type: string;
  readonly name: string;
  readonly text: string;
}

const CHATS = [
  /"chat\.completion(\.chunk)?"/,
  /"candidates"/,
  /"stop_reason"/,
  /"stopReason"/,
  /"finish_reason":\s*"(COMPLETE|TOOL_CALL)"/,
];

const RECORDINGS: readonly Recording[] = TYPES.flatMap(([folder, type]) => {
  const path = join(FOLDER, folder);
  const files = existsSync(path) ? readdirSync(path) : [];
  return files.flatMap((name) =>
    answersIn(readFileSync(join(path, name), 'utf8')).map((text) => ({ type, name, text })),
  );
}).filter(({ text }) => CHATS.some((chat) => chat.test(text)) && !text.includes('"error"'));

/** Recorded streams, one payload a line, and whole answers, of every type that a chat is translated from. */
export const RECORDED_STREAMS = RECORDINGS.filter(({ name }) => name.endsWith('.chunks.txt'));
export const RECORDED_ANSWERS = RECORDINGS.filter(({ name }) => name.endsWith('.json'));

/** A recording of Anthropic's may hold several answers, or one that begins twice, which is none. */
function answersIn(text: string): string[] {
  const answers = text.split(/(?<="type":"message_stop"[^\n]*)\n/).filter((answer) => answer.trim() !== '');
  return answers.filter((answer) => answer.split('"type":"message_start"').length < 3);
}

/** What is asked of a provider whose answer is played. */
export function askInDialect(dialect: DialectName, type: string, request: object) {
  const adapter = findAdapter(type);
  const speech = adapter && speak(dialect, adapter);
  if (!speech) throw new Error(`${type} cannot be asked for ${dialect}`);
  const value = { model: 'my-model', stream: true, ...request } as MessagesRequest & ResponsesRequest;
  const asked = { bytes: Buffer.from(JSON.stringify(value)), value } as unknown as JsonRequest;
  const codec = speech.codec as Codec<'chat'>;
  // An answer is decoded by what was asked.
  codec.encode(asked as never, madeTarget(type));
  const context: DecodeContext = { ...madeContext({ model: 'my-model', type }), request: value };
  return { codec, context };
}

/** A recorded stream through a decoder: what the client reads. */
export function playRecording({ type, text }: Recording, stream: StreamDecoder): SseEvent[] {
  const endsItself = ['gemini', 'anthropic', 'cohere', 'bedrock'].includes(type);
  const lines = [...text.trim().split('\n'), ...(endsItself ? [] : ['[DONE]'])];
  const events = lines.flatMap((line) => (type === 'bedrock' ? namedEvents(line) : `data: ${line}\n\n`));
  const upstream = new SseParser().push(Buffer.from(events.join('')));
  const printed = [...upstream.flatMap((event) => stream.push(event)), ...stream.end()];
  return new SseParser().push(Buffer.concat([...printed, Buffer.from(stream.ending)]));
}

/** A line that holds payloads under their events' names. */
function namedEvents(line: string): string[] {
  const named = Object.entries(JSON.parse(line) as object);
  return named.map(([name, payload]) => `event: ${name}\ndata: ${JSON.stringify(payload)}\n\n`);
}
