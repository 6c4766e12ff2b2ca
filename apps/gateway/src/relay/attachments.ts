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

type Found = { -readonly [Member in keyof Attachments]: Attachments[Member] };

/** Parts by their types, or, where they have none, by their members, in the words of every wire. */
const IMAGE = /image|screenshot/;
const SOUND = /audio/;
/** A page of a file may be an image, and a film is as long as it is. */
const OF_ANY_LENGTH = /file|document|video|item_reference/;
/** Looks at the types of parts, and at no text. */
export function attachmentsOf(value: RelayedRequest): Attachments {
  const {
    messages,
    system,
    input,
    web_search_options: search,
    extra_body: extra,
  } = value as RelayedRequest & { readonly [name: string]: unknown };
  const isCached = isObject(extra) && isObject(extra.google) && extra.google.cached_content != null;
  const found: Found = {
    images: 0,
    imageBytes: 0,
    isUnbounded: search != null || isCached,
    hasSound: false,
  };
  for (const part of [messages, system, input]) look(part, found);
  return found;
}

function look(value: unknown, found: Found): void {
  if (Array.isArray(value)) for (const each of value) look(each, found);
  else if (isObject(value)) lookAtPart(value, found);
}

function lookAtPart(part: Readonly<Record<string, unknown>>, found: Found): void {
  const { type, content, output, source, role, id } = part;
  if (typeof type === 'string') count(type, part, found);
  else {
    // Some servers go by the members of a part that says no type, and sound that was said before is named by its id.
    for (const name of Object.keys(part)) if (part[name] != null) count(name, part, found);
    found.isUnbounded ||= (role === undefined && typeof id === 'string') || isObject(part.audio);
  }
  for (const inner of [content, output, source]) look(inner, found);
}

function count(word: string, part: Readonly<Record<string, unknown>>, found: Found): void {
  if (IMAGE.test(word)) {
    const several = part[word];
    found.images += Array.isArray(several) ? several.length : 1;
    found.imageBytes += bytesOfImage(part);
  } else if (SOUND.test(word)) {
    found.hasSound = true;
    found.isUnbounded ||= word.endsWith('_url');
  } else if (OF_ANY_LENGTH.test(word) && !isText(part.source)) found.isUnbounded = found.hasSound = true;
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
