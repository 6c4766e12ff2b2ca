import { invalid, isObject, requireObject, requireText, unsupported } from '#contract';
import type { GatewayError, Members } from '#contract';
import type { DocumentPart, ImagePart, Part, TextPart } from './wire.js';

type Encode = (part: Members, param: string) => Part;

const textPart: Encode = ({ text }, param): TextPart => ({
  type: 'text',
  text: requireText(text, `${param}.text`),
});
const refusalPart: Encode = ({ refusal }, param): TextPart => ({
  type: 'text',
  text: requireText(refusal, `${param}.refusal`),
});

/** What the parts of a message may be, by who speaks. */
export type Parts = ReadonlyMap<unknown, Encode>;

export const TEXTS: Parts = new Map([
  ['text', textPart],
  ['refusal', refusalPart],
]);
export const USER_PARTS: Parts = new Map([
  ['text', textPart],
  ['image_url', imagePart],
]);
/** Cohere's own documents pass: an answer can cite them one by one. */
export const RESULT_PARTS: Parts = new Map([
  ['text', textPart],
  ['document', documentPart],
]);

/** A text as it is, or parts. @throws GatewayError that names the part */
export function encodeContent(content: unknown, param: string, parts: Parts): string | Part[] {
  if (content === undefined || content === null) return '';
  if (!Array.isArray(content)) return requireText(content, param);
  return content.map((value: unknown, index) => {
    const at = `${param}[${index}]`;
    const part = requireObject(value, at);
    const encode = parts.get(part.type);
    if (!encode) throw unknownPart(part.type, at);
    return encode(part, at);
  });
}

/** The text of a message that may hold nothing else. @throws GatewayError that names the part */
export function textOf(content: unknown, param: string): string {
  const encoded = encodeContent(content, param, TEXTS);
  if (typeof encoded === 'string') return encoded;
  return encoded.map((part) => (part as TextPart).text).join('');
}

function unknownPart(type: unknown, param: string): GatewayError {
  return unsupported(param, `This model takes no content of the type '${String(type)}' here.`);
}

const IMAGE_URL = /^(?:https?:\/\/|data:image\/[\w.+-]+(?:;[\w-]+=[^;,]*)*;base64,)/i;

function imagePart(part: Members, param: string): ImagePart {
  const at = `${param}.image_url`;
  const given = part.image_url;
  // Some clients leave out the object around the URL.
  const image = isObject(given) ? given : { url: given };
  const url = requireText(image.url, `${at}.url`);
  if (!IMAGE_URL.test(url)) {
    throw invalid(
      `${at}.url`,
      'An image must be a URL of http or https, or a data URL of an image in base64.',
    );
  }
  const { detail } = image;
  return { type: 'image_url', image_url: { url, ...(typeof detail === 'string' && { detail }) } };
}

function documentPart({ document }: Members, param: string): DocumentPart {
  return { type: 'document', document: requireObject(document, `${param}.document`) };
}
