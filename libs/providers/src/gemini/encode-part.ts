import { invalid, requireObject, requireText, unsupported } from '#contract';
import type { GatewayError, Members } from '#contract';
import { readDataUrl } from '../openai-compatible/data-url.js';
import type { GeminiTraits } from './gemini-traits.js';
import type { ContentPart, TextPart } from './wire.js';

type Encode = (part: Members, param: string, traits: GeminiTraits) => ContentPart | undefined;

const PARTS: ReadonlyMap<unknown, Encode> = new Map<unknown, Encode>([
  ['text', encodeText],
  ['refusal', encodeText],
  ['image_url', encodeImage],
  ['input_audio', encodeAudio],
  ['file', encodeFile],
]);

/** The content of a message: a text, or parts. @throws GatewayError that names the part */
export function encodeParts(content: unknown, param: string, traits: GeminiTraits): ContentPart[] {
  if (content === undefined || content === null) return [];
  if (!Array.isArray(content)) return listOf(textPart(requireText(content, param)));
  return content.flatMap((value: unknown, index) => {
    const at = `${param}[${index}]`;
    const part = requireObject(value, at);
    const encode = PARTS.get(part.type);
    if (!encode) throw unknownPart(part.type, at);
    return listOf(encode(part, at, traits));
  });
}

/** The same where only texts may stand. @throws GatewayError that names the part */
export function encodeTexts(content: unknown, param: string): TextPart[] {
  if (content === undefined || content === null) return [];
  if (!Array.isArray(content)) return listOf(textPart(requireText(content, param)));
  return content.flatMap((value: unknown, index) => {
    const at = `${param}[${index}]`;
    const part = requireObject(value, at);
    if (part.type !== 'text' && part.type !== 'refusal') throw unknownPart(part.type, at);
    return listOf(encodeText(part, at));
  });
}

function unknownPart(type: unknown, param: string): GatewayError {
  return unsupported(param, `This model takes no content of the type '${String(type)}' here.`);
}

function encodeText(part: Members, param: string): TextPart | undefined {
  const name = String(part.type);
  return textPart(requireText(part[name], `${param}.${name}`));
}

/** A part without anything in it is refused by Google, and says nothing. */
function textPart(text: string): TextPart | undefined {
  return text === '' ? undefined : { text };
}

function encodeImage(part: Members, param: string, traits: GeminiTraits): ContentPart {
  const at = `${param}.image_url`;
  const given = part.image_url;
  // Some clients leave out the object around the URL.
  const url = typeof given === 'string' ? given : requireText(requireObject(given, at).url, `${at}.url`);
  const inline = inlinePart(url);
  if (inline?.inlineData.mimeType.startsWith('image/')) return inline;
  const file = inline ? undefined : filePart(url, `${at}.url`, traits);
  if (file) return file;
  throw invalid(`${at}.url`, 'An image must be a URL of http or https, or a data URL of an image in base64.');
}

const SOUNDS = new Set(['wav', 'mp3', 'aiff', 'aac', 'ogg', 'flac']);

function encodeAudio(part: Members, param: string): ContentPart {
  const at = `${param}.input_audio`;
  const { data, format } = requireObject(part.input_audio, at);
  if (!SOUNDS.has(String(format))) {
    throw unsupported(`${at}.format`, `This model does not hear sound in the format '${String(format)}'.`);
  }
  return { inlineData: { mimeType: `audio/${String(format)}`, data: requireText(data, `${at}.data`) } };
}

function encodeFile(part: Members, param: string, traits: GeminiTraits): ContentPart {
  const at = `${param}.file`;
  const { file_data: data, file_id: id } = requireObject(part.file, at);
  if (id !== undefined && id !== null) {
    const uploaded = filePart(requireText(id, `${at}.file_id`), `${at}.file_id`, traits);
    if (uploaded) return uploaded;
    throw unsupported(
      `${at}.file_id`,
      'This model knows files by their URL only: or send the file as file_data.',
    );
  }
  const url = requireText(data, `${at}.file_data`);
  const encoded = inlinePart(url) ?? filePart(url, `${at}.file_data`, traits);
  if (encoded) return encoded;
  throw invalid(`${at}.file_data`, 'A file must be a data URL in base64, or a URL of http or https.');
}

/** Files that were put into Google's own store: every model has them. */
const GOOGLES = /^(gs:\/\/|https:\/\/generativelanguage\.googleapis\.com\/)/i;

/** Google asks for the type of a file where its name tells it. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['heic', 'image/heic'],
  ['heif', 'image/heif'],
  ['pdf', 'application/pdf'],
  ['txt', 'text/plain'],
  ['mp3', 'audio/mp3'],
  ['wav', 'audio/wav'],
  ['mp4', 'video/mp4'],
]);

/** A file by its URL; undefined: it is none that anybody could fetch. @throws GatewayError where the model does not */
function filePart(url: string, param: string, traits: GeminiTraits): ContentPart | undefined {
  const isOnTheWeb = /^https?:\/\//i.test(url);
  if (!isOnTheWeb && !GOOGLES.test(url)) return undefined;
  if (!traits.fetches && !GOOGLES.test(url)) {
    throw unsupported(param, 'This model does not fetch files: send it as a data URL.');
  }
  const ending = /\.(\w+)(?:[?#]|$)/.exec(url.replace(/^\w+:\/\/[^/]*/, ''))?.[1];
  const mimeType = TYPES.get((ending ?? '').toLowerCase());
  return { fileData: { ...(mimeType !== undefined && { mimeType }), fileUri: url } };
}

function inlinePart(url: string): Extract<ContentPart, { inlineData: unknown }> | undefined {
  const inline = readDataUrl(url);
  return inline && { inlineData: { mimeType: inline.mediaType, data: inline.data } };
}

function listOf<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
