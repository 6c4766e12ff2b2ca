import { requireList, requireObject, requireText, unsupported } from '#contract';
import type { Members } from '#contract';

/** A part, or a message, of a chat. */
export type Said = Readonly<Record<string, unknown>>;

type Read = (part: Members, param: string) => Said;

const readText: Read = ({ text }, param) => ({ type: 'text', text: requireText(text, `${param}.text`) });

const PARTS: ReadonlyMap<unknown, Read> = new Map<unknown, Read>([
  ['input_text', readText],
  ['output_text', readText],
  ['text', readText],
  ['summary_text', readText],
  [
    'refusal',
    ({ refusal }, param) => ({ type: 'refusal', refusal: requireText(refusal, `${param}.refusal`) }),
  ],
  ['input_image', readImage],
  ['input_file', readFile],
  ['input_audio', ({ input_audio: audio }) => ({ type: 'input_audio', input_audio: audio })],
]);

/** A content, a text or parts, as the parts of a chat's. @throws GatewayError that names the part */
export function readParts(content: unknown, param: string): Said[] {
  if (content === undefined || content === null) return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return requireList(content, param).map((value, index) => {
    const at = `${param}[${index}]`;
    const part = requireObject(value, at);
    const read = PARTS.get(part.type);
    if (!read) throw unsupported(at, `This model takes no content of the type '${String(part.type)}' here.`);
    return read(part, at);
  });
}

/** A text where there are texts only, which every server takes; else the parts. */
export function contentOf(parts: readonly Said[], between: string): string | readonly Said[] {
  const isPlain = parts.every(({ type }) => type === 'text');
  return isPlain ? parts.map(({ text }) => text).join(between) : parts;
}

function readImage({ image_url: url, detail }: Members, param: string): Said {
  if (typeof url !== 'string') {
    throw unsupported(param, 'This model knows no uploaded files: send the image as image_url.');
  }
  return { type: 'image_url', image_url: { url, ...(typeof detail === 'string' && { detail }) } };
}

function readFile({ file_data: data, filename }: Members, param: string): Said {
  if (typeof data !== 'string') {
    throw unsupported(param, 'This model knows no uploaded files: send the file as file_data.');
  }
  return { type: 'file', file: { ...(typeof filename === 'string' && { filename }), file_data: data } };
}
