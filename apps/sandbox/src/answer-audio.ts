import type { StreamEvent } from './answer-stream.js';
import { named } from './answer-images.js';
import { countWords } from './answer-completions.js';
import { ERROR_UNDER_200, Fault } from './fault.js';
import { cutText } from './pieces.js';
import { type Streamed, type Whole, wholeJson } from './play.js';
import { fileOf, missing, type Request } from './request.js';

/** So many bytes of a recording are taken for a second. */
const BYTES_A_SECOND = 16_000;
const DEFAULT_SPEECH_BYTES = 4_800;
const PIECE = 16 * 1024;

/** Type of the answer, and how a file of the format begins. */
const FORMATS: Readonly<Record<string, readonly [type: string, opening: Buffer]>> = {
  mp3: ['audio/mpeg', Buffer.from('fffb9000', 'hex')],
  opus: ['audio/ogg', Buffer.from('OggS')],
  aac: ['audio/aac', Buffer.from('fff15080', 'hex')],
  flac: ['audio/flac', Buffer.from('fLaC')],
  wav: ['audio/wav', Buffer.from('RIFF')],
  pcm: ['audio/pcm', Buffer.alloc(0)],
};

export function answerTranscription(request: Request): Whole | Streamed {
  const { fields, script } = request;
  const { length } = fileOf(request, 'file');
  const seconds = Math.max(1, Math.ceil(length / BYTES_A_SECOND));
  const text = `Hello from the PLLM sandbox! I heard ${length} bytes.`;
  const tokens = { type: 'tokens', input_tokens: seconds * 10, output_tokens: countWords([text]) };
  const usage =
    script.usage === 'tokens' || request.stream
      ? { ...tokens, total_tokens: tokens.input_tokens + tokens.output_tokens }
      : { type: 'duration', seconds };
  const rest = script.usage === false ? {} : { usage };
  if (request.stream) return { events: transcriptEvents(request, text, rest) };
  const format = fields['response_format'] ?? 'json';
  if (format === 'json') return wholeJson({ text, ...rest });
  if (format === 'verbose_json') return wholeJson({ ...verbose(text, seconds, fields), ...rest });
  if (format === 'text') return wholeText(`${text}\n`);
  const end = `00:00:${String(Math.min(seconds, 59)).padStart(2, '0')}`;
  if (format === 'srt') return wholeText(`1\n00:00:00,000 --> ${end},000\n${text}\n\n`);
  if (format === 'vtt') return wholeText(`WEBVTT\n\n00:00:00.000 --> ${end}.000\n${text}\n\n`);
  throw new Fault(`Invalid value: '${String(format)}'.`, 'response_format', 'invalid_value');
}

function wholeText(text: string): Whole {
  return { contentType: 'text/plain; charset=utf-8', length: Buffer.byteLength(text), pieces: [text] };
}

function verbose(text: string, duration: number, fields: Request['fields']): object {
  const segment = {
    id: 0,
    seek: 0,
    start: 0,
    end: duration,
    text,
    tokens: [50_364],
    temperature: 0,
    avg_logprob: -0.1,
    compression_ratio: 1,
    no_speech_prob: 0.01,
  };
  const words = text.split(' ').map((word) => ({ word, start: 0, end: duration }));
  const withWords = fields['timestamp_granularities[]'] === 'word';
  return {
    task: 'transcribe',
    language: 'english',
    duration,
    text,
    ...(withWords ? { words } : { segments: [segment] }),
  };
}

function* transcriptEvents({ script }: Request, text: string, rest: object): Generator<StreamEvent> {
  if (script.errorFirst) return yield { data: ERROR_UNDER_200, phase: 'close' };
  const pieces = cutText(text, { chunks: script.chunks, size: script.size });
  for (let at = 0; at < pieces.count; at++) {
    if (at === script.errorAfter) return yield { data: ERROR_UNDER_200, phase: 'close' };
    yield named('transcript.text.delta', { delta: pieces.at(at) });
  }
  yield { ...named('transcript.text.done', { text, ...rest }), phase: 'close' };
}

/** `bytes` of sound in `chunks` pieces, or events of it. */
export function answerSpeech({ fields, script }: Request): Whole | Streamed {
  const { input, response_format: format = 'mp3' } = fields;
  if (typeof input !== 'string') throw missing('input');
  const [contentType, opening] = FORMATS[String(format)] ?? [];
  if (contentType === undefined || opening === undefined)
    throw new Fault(`Invalid value: '${String(format)}'.`, 'response_format', 'invalid_value');
  const length = script.bytes ?? DEFAULT_SPEECH_BYTES;
  const size = Math.max(1, Math.ceil(length / (script.chunks ?? Math.ceil(length / PIECE))));
  const pieces = speechPieces(format === 'wav' ? wavHead(length) : opening, length, size);
  if (fields['stream_format'] !== 'sse') return { contentType, length, pieces };
  return { events: speechEvents(pieces, script.usage !== false && countWords([input])) };
}

function* speechPieces(opening: Buffer, length: number, size: number): Generator<Buffer> {
  const silence = Buffer.alloc(size);
  for (let at = 0; at < length; at += size) {
    const piece = at === 0 ? Buffer.concat([opening, silence]).subarray(0, size) : silence;
    yield piece.subarray(0, length - at);
  }
}

function* speechEvents(pieces: Iterable<Buffer>, words: number | false): Generator<StreamEvent> {
  for (const piece of pieces) yield named('speech.audio.delta', { audio: piece.toString('base64') });
  const usage = { input_tokens: words || 0, output_tokens: 20, total_tokens: (words || 0) + 20 };
  yield { ...named('speech.audio.done', words === false ? {} : { usage }), phase: 'close' };
}

/** The head of a WAV file of so many bytes: 24 kHz, 16 bits, one channel. */
function wavHead(length: number): Buffer {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(Math.max(0, length - 8), 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(24_000, 24);
  head.writeUInt32LE(48_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(Math.max(0, length - 44), 40);
  return head;
}
