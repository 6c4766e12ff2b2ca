import { invalid, isObject, requireObject, requireText, unsupported } from '#contract';
import type { GatewayError, Members } from '#contract';
import { readDataUrl } from '../openai-compatible/data-url.js';
import type { CacheMark, PartBlock, Source } from './wire.js';

type Encode = (part: Members, param: string) => PartBlock | undefined;

const PARTS: ReadonlyMap<unknown, Encode> = new Map<unknown, Encode>([
  ['text', ({ text }, param) => textBlock(requireText(text, `${param}.text`))],
  ['refusal', ({ refusal }, param) => textBlock(requireText(refusal, `${param}.refusal`))],
  ['image_url', encodeImage],
  ['file', encodeFile],
]);

const TEXTS = new Set(['text', 'refusal']);

/** The content of a message as blocks: a text, or parts. @throws GatewayError that names the part */
export function encodeParts(content: unknown, param: string, onlyTexts = false): PartBlock[] {
  if (content === undefined || content === null) return [];
  if (!Array.isArray(content)) return listOf(textBlock(requireText(content, param)));
  return content.flatMap((value: unknown, index) => {
    const at = `${param}[${index}]`;
    const part = requireObject(value, at);
    const encode = PARTS.get(part.type);
    if (!encode || (onlyTexts && !TEXTS.has(String(part.type)))) throw unknownPart(part.type, at);
    const block = encode(part, at);
    return listOf(block && { ...block, ...markOf(part) });
  });
}

/** A mark of Anthropic's own, which clients put where Anthropic would have it. */
export function markOf({ cache_control: mark }: Members): CacheMark {
  return isObject(mark) ? { cache_control: mark } : {};
}

function unknownPart(type: unknown, param: string): GatewayError {
  return unsupported(param, `This model takes no content of the type '${String(type)}' here.`);
}

/** A text without anything to read is refused by Anthropic, and says nothing. */
function textBlock(text: string): PartBlock | undefined {
  return text.trim() === '' ? undefined : { type: 'text', text };
}

function encodeImage(part: Members, param: string): PartBlock {
  const at = `${param}.image_url`;
  const given = part.image_url;
  // Some clients leave out the object around the URL.
  const url = typeof given === 'string' ? given : requireText(requireObject(given, at).url, `${at}.url`);
  const source = sourceOf(url);
  if (source?.type === 'url') return { type: 'image', source };
  if (source?.type === 'base64' && source.media_type.startsWith('image/')) return { type: 'image', source };
  throw invalid(`${at}.url`, 'An image must be a URL of http or https, or a data URL of an image in base64.');
}

function encodeFile(part: Members, param: string): PartBlock {
  const at = `${param}.file`;
  const { file_data: data, file_id: id, filename } = requireObject(part.file, at);
  if (id !== undefined && id !== null) {
    throw unsupported(`${at}.file_id`, 'This model knows no uploaded files: send the file as file_data.');
  }
  const title = typeof filename === 'string' && filename !== '' ? { title: filename } : {};
  const source = documentSource(sourceOf(requireText(data, `${at}.file_data`)));
  if (source) return { type: 'document', source, ...title };
  throw unsupported(`${at}.file_data`, 'This model takes PDF and plain text as files.');
}

function documentSource(source: Source | undefined): Source | undefined {
  if (source?.type !== 'base64') return source;
  if (source.media_type === 'application/pdf') return source;
  if (source.media_type !== 'text/plain') return undefined;
  const data = Buffer.from(source.data, 'base64').toString();
  return { type: 'text', media_type: 'text/plain', data };
}

/** Where the bytes are; undefined: the text is no URL that tells. */
function sourceOf(url: string): Source | undefined {
  if (/^https?:\/\//i.test(url)) return { type: 'url', url };
  const inline = readDataUrl(url);
  return inline && { type: 'base64', media_type: inline.mediaType, data: inline.data };
}

function listOf<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
