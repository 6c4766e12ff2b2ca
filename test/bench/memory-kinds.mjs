import { imagesBody } from './bodies.mjs';
import { BODY_BYTES, LARGE_ANSWER, LARGE_BYTES, SMALL_ANSWER, SMALL_BYTES, publicName } from './cases.mjs';

const UPLOAD_BYTES = 90_000_000;
const PIECE = Buffer.alloc(256 * 1024, 1);

const JSON_TYPE = { 'content-type': 'application/json' };
const BOUNDARY = 'pllm-bench';
const FORM_TYPE = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
const BARE = 'sandbox';

/** In this order; `isSlow`: the client takes the answer a piece at a time; `atOnce`: so many together, told for each. */
export const LARGE_KINDS = [
  { title: 'upload of 90 MB, transcribed', path: 'audio/transcriptions', send: upload },
  { title: 'image of 50 MB', path: 'images/generations', send: draw },
  { title: 'image of 50 MB, read slowly', path: 'images/generations', send: draw, isSlow: true },
  { title: 'speech of 50 MB', path: 'audio/speech', send: speak },
  { title: 'speech of 50 MB, read slowly', path: 'audio/speech', send: speak, isSlow: true },
  { title: '8 uploads of 90 MB at once, each', path: 'audio/transcriptions', send: upload, atOnce: 8 },
  {
    title: '8 images of 50 MB, read slowly, each',
    path: 'images/generations',
    send: draw,
    isSlow: true,
    atOnce: 8,
  },
];

/** What lies in memory whole. */
export const BODY_KINDS = [
  { title: 'chat with images, 5 MB', path: 'chat/completions', send: describe },
  { title: '8 of them at once, each', path: 'chat/completions', send: describe, atOnce: 8 },
];

/** The model comes last: everything must be read before it is known who is asked. */
function upload(isLarge) {
  const bytes = isLarge ? UPLOAD_BYTES : SMALL_BYTES;
  const part = (rest) => `--${BOUNDARY}\r\ncontent-disposition: form-data; ${rest}\r\n\r\n`;
  const head = Buffer.from(part('name="file"; filename="a.wav"'));
  const tail = Buffer.from(`\r\n${part('name="model"')}${publicName(BARE)}\r\n--${BOUNDARY}--\r\n`);
  const headers = { ...FORM_TYPE, 'content-length': String(head.length + bytes + tail.length) };
  return { body: form(head, bytes, tail), headers, expected: `I heard ${bytes} bytes` };
}

async function* form(head, bytes, tail) {
  yield head;
  for (let left = bytes; left > 0; left -= PIECE.length) yield PIECE.subarray(0, left);
  yield tail;
}

function describe(isLarge) {
  const body = imagesBody(publicName(BARE), { bytes: isLarge ? BODY_BYTES : SMALL_BYTES });
  return { body, headers: JSON_TYPE, expected: '"choices"' };
}

function draw(isLarge) {
  return json(isLarge, { prompt: 'A cute cat' });
}

function speak(isLarge) {
  return json(isLarge, { input: 'Hello world', voice: 'alloy' });
}

function json(isLarge, members) {
  const model = publicName(isLarge ? LARGE_ANSWER : SMALL_ANSWER);
  const expected = isLarge ? LARGE_BYTES : SMALL_BYTES;
  return { body: JSON.stringify({ model, ...members }), headers: JSON_TYPE, expected };
}
