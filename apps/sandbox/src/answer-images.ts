import type { Stamp } from './answer.js';
import type { StreamEvent } from './answer-stream.js';
import { ERROR_UNDER_200 } from './fault.js';
import { type Streamed, type Whole } from './play.js';
import { fileOf, missing, type Request } from './request.js';

/** A picture of one transparent pixel. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PIECE = 64 * 1024;
const USAGE = {
  input_tokens: 5,
  input_tokens_details: { text_tokens: 5, image_tokens: 0 },
  output_tokens: 16,
  total_tokens: 21,
};

/** `image_generation` or `image_edit`: the first word of its events. */
type Kind = 'image_generation' | 'image_edit';

export function answerGeneration(request: Request, stamp: Stamp): Whole | Streamed {
  if (typeof request.fields['prompt'] !== 'string') throw missing('prompt');
  return answerImages(request, stamp, 'image_generation');
}

export function answerEdit(request: Request, stamp: Stamp): Whole | Streamed {
  if (request.fields['images'] === undefined) fileOf(request, 'image', 'image[]');
  if (typeof request.fields['prompt'] !== 'string') throw missing('prompt');
  return answerImages(request, stamp, 'image_edit');
}

export function answerVariation(request: Request, stamp: Stamp): Whole | Streamed {
  fileOf(request, 'image');
  return answerImages(request, stamp, 'image_edit');
}

/** As GPT image models do, `b64_json` unless `url` is asked for. */
function answerImages(request: Request, stamp: Stamp, kind: Kind): Whole | Streamed {
  const { fields, script } = request;
  if (request.stream) return { events: imageEvents(request, stamp, kind) };
  const count = Number(fields['n'] ?? 1);
  const isUrl = fields['response_format'] === 'url';
  const size = script.bytes === undefined ? PNG.length : script.bytes - (script.bytes % 4);
  const open = isUrl ? '{"url":"https://sandbox.invalid/image.png' : '{"b64_json":"';
  const imageLength = open.length + (isUrl ? 0 : size) + 2;
  const usage = script.usage === false ? '' : `,"usage":${JSON.stringify(USAGE)}`;
  const head = `{"created":${stamp.created},"data":[`;
  const tail = `]${usage}}`;
  const image = (): Iterable<string> => (isUrl ? [] : base64(script.bytes === undefined ? undefined : size));
  return {
    contentType: 'application/json',
    length: head.length + count * imageLength + Math.max(0, count - 1) + tail.length,
    pieces: imagePieces({ head, open, tail, count, image }),
  };
}

interface Frame {
  readonly head: string;
  readonly open: string;
  readonly tail: string;
  readonly count: number;
  readonly image: () => Iterable<string>;
}

function* imagePieces({ head, open, tail, count, image }: Frame): Generator<string> {
  yield head;
  for (let at = 0; at < count; at++) {
    yield `${at === 0 ? '' : ','}${open}`;
    yield* image();
    yield '"}';
  }
  yield tail;
}

function* base64(size: number | undefined): Generator<string> {
  if (size === undefined) return yield PNG;
  const piece = 'iVBO'.repeat(PIECE / 4);
  for (let left = size; left > 0; left -= piece.length) yield piece.slice(0, left);
}

function* imageEvents({ fields, script }: Request, stamp: Stamp, kind: Kind): Generator<StreamEvent> {
  if (script.errorFirst) return yield { data: ERROR_UNDER_200, phase: 'close' };
  const details = {
    b64_json: PNG,
    created_at: stamp.created,
    size: '1024x1024',
    quality: 'high',
    background: 'opaque',
    output_format: 'png',
  };
  const partials = Number(fields['partial_images'] ?? 0);
  for (let at = 0; at < partials; at++) {
    if (at === script.errorAfter) return yield { data: ERROR_UNDER_200, phase: 'close' };
    yield named(`${kind}.partial_image`, { ...details, partial_image_index: at });
  }
  yield named(`${kind}.completed`, { ...details, ...(script.usage !== false && { usage: USAGE }) });
}

/** An event whose `event:` line and `type` say the same. */
export function named(type: string, members: object): StreamEvent {
  return { name: type, data: JSON.stringify({ type, ...members }), phase: 'content' };
}
