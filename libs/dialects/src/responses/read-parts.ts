import { requireList, requireObject, requireText, unsupported } from '#contract';
import type { Said } from './wire.js';

type Read = (part: Said, param: string) => Said;

const readText: Read = ({ text }, param) => ({ type: 'text', text: requireText(text, `${param}.text`) });

const PARTS: ReadonlyMap<unknown, Read> = new Map<unknown, Read>([
  ['input_text', readText],
  ['output_text', readText],
  ['text', readText],
  // What a model once would not say is said as a text: few servers know the chat's own place for it.
  ['refusal', ({ refusal }, at) => ({ type: 'text', text: requireText(refusal, `${at}.refusal`) })],
  ['input_image', readImage],
  ['input_file', readFile],
  ['input_audio', readAudio],
]);

const DETAILS = new Set<unknown>(['auto', 'low', 'high']);

/** The parts of a content, or its one text, as the parts of a chat's. @throws GatewayError that names the part */
export function readParts(content: unknown, param: string): Said[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return requireList(content, param).map((value, index) => {
    const at = `${param}[${index}]`;
    const part = requireObject(value, at);
    const read = PARTS.get(part.type);
    if (!read) throw unsupported(at, `This model takes no content of the type '${String(part.type)}' here.`);
    return read(part, at);
  });
}

export function isText({ type }: Said): boolean {
  return type === 'text';
}

/** A text where there are texts only, which every server takes; else the parts. Undefined: nothing is said. */
export function contentOf(parts: readonly Said[], between: string): string | readonly Said[] | undefined {
  if (parts.length === 0) return undefined;
  return parts.every(isText) ? parts.map(({ text }) => text).join(between) : parts;
}

function readImage({ image_url: url, file_id: id, detail }: Said, param: string): Said {
  refuseUploaded(id, `${param}.file_id`);
  const image = { url: requireText(url, `${param}.image_url`), ...(DETAILS.has(detail) && { detail }) };
  return { type: 'image_url', image_url: image };
}

function readFile({ file_data: data, file_url: url, file_id: id, filename }: Said, param: string): Said {
  refuseUploaded(id, `${param}.file_id`);
  if (typeof url === 'string') {
    throw unsupported(`${param}.file_url`, 'This model takes a file by its bytes only.');
  }
  const file = {
    ...(typeof filename === 'string' && { filename }),
    file_data: requireText(data, `${param}.file_data`),
  };
  return { type: 'file', file };
}

function readAudio({ input_audio: sound }: Said, param: string): Said {
  return { type: 'input_audio', input_audio: requireObject(sound, `${param}.input_audio`) };
}

function refuseUploaded(id: unknown, param: string): void {
  if (typeof id !== 'string') return;
  throw unsupported(param, 'This model knows no uploaded files: send the file itself.');
}
