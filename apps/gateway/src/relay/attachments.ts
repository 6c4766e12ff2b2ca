import { isObject } from '#contract';
import type { RelayedRequest } from '#contract';

/** What a prompt has beside its text. */
export interface Attachments {
  readonly images: number;
  /** Bytes of the body that are images, and no text to any model. */
  readonly imageBytes: number;
  /** Is there something whose length its bytes do not tell, or that is not in the body at all? */
  readonly isUnbounded: boolean;
  readonly hasSound: boolean;
}

interface Found {
  images: number;
  imageBytes: number;
  isUnbounded: boolean;
  hasSound: boolean;
}

/** Parts by their types, in the words of every wire. */
const IMAGE = /image/;
const SOUND = /audio/;
/** A page of a file may be an image, and a film is as long as it is. */
const OF_ANY_LENGTH = /file|document|video|item_reference/;
/** Of the things that a provider fetches or runs itself, and reads, in the middle of a call. */
const OWN_TOOLS: ReadonlySet<unknown> = new Set([undefined, 'function', 'custom']);

/** Looks at the types of parts, and at no text. */
export function attachmentsOf(value: RelayedRequest): Attachments {
  const {
    messages,
    system,
    input,
    tools,
    web_search_options: search,
  } = value as RelayedRequest & {
    readonly [name: string]: unknown;
  };
  const found: Found = { images: 0, imageBytes: 0, isUnbounded: search != null, hasSound: false };
  for (const part of [messages, system, input]) look(part, found);
  if (Array.isArray(tools)) found.isUnbounded ||= tools.some((tool) => !isOwnTool(tool));
  return found;
}

/** Does the client itself run it? */
function isOwnTool(tool: unknown): boolean {
  return isObject(tool) && OWN_TOOLS.has(tool.type);
}

function look(value: unknown, found: Found): void {
  if (Array.isArray(value)) for (const each of value) look(each, found);
  else if (isObject(value)) lookAtPart(value, found);
}

function lookAtPart(part: Readonly<Record<string, unknown>>, found: Found): void {
  const { type, content, output, source, role, id } = part;
  if (typeof type === 'string') {
    if (IMAGE.test(type)) {
      found.images++;
      found.imageBytes += bytesOfImage(part);
    } else if (SOUND.test(type)) {
      found.hasSound = true;
      found.isUnbounded ||= type.endsWith('_url');
    } else if (OF_ANY_LENGTH.test(type) && !isText(source)) found.isUnbounded = found.hasSound = true;
  } else if (role === undefined && typeof id === 'string') found.isUnbounded = true;
  for (const inner of [content, output, source]) look(inner, found);
}

/** Anthropic's documents may be texts, which stand in the body. */
function isText(source: unknown): boolean {
  return isObject(source) && (source.type === 'text' || source.type === 'content');
}

/** Base64 is as long as its text, which is not looked at. */
function bytesOfImage({ image_url: image, source }: Readonly<Record<string, unknown>>): number {
  const url = isObject(image) ? image.url : image;
  if (typeof url === 'string') return url.startsWith('data:') ? url.length : 0;
  return isObject(source) && typeof source.data === 'string' ? source.data.length : 0;
}
