import { invalid, requireList, requireObject, requireText, unsupported } from '#contract';
import type { Members } from '#contract';
import { markOf } from './wire.js';
import type { Block, Said } from './wire.js';

type Read = (block: Block, param: string) => readonly Said[];

const PARTS: ReadonlyMap<unknown, Read> = new Map<unknown, Read>([
  ['text', ({ text }, param) => [{ type: 'text', text: requireText(text, `${param}.text`) }]],
  ['image', readImage],
  ['document', readDocument],
  ['search_result', readSearchResult],
]);

/** The blocks of a content, or its one text, as the parts of a chat's. @throws GatewayError that names the block */
export function readParts(content: unknown, param: string, hasExtensions: boolean): Said[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return requireList(content, param).flatMap((value, index) => {
    const at = `${param}.${index}`;
    const block = requireObject(value, at);
    const read = PARTS.get(block.type);
    if (!read) throw unsupported(at, `This model takes no content of the type '${String(block.type)}' here.`);
    const parts = read(block, at);
    const mark = markOf(block, hasExtensions);
    // A mark stands on the last of what a block became.
    return parts.map((part, nth) => (nth === parts.length - 1 ? { ...part, ...mark } : part));
  });
}

/** A text where there are texts only, which every server takes; else the parts. Undefined: nothing is said. */
export function contentOf(parts: readonly Said[], between: string): string | readonly Said[] | undefined {
  if (parts.length === 0) return undefined;
  const isPlain = parts.every((part) => part.type === 'text' && part.cache_control === undefined);
  return isPlain ? parts.map(({ text }) => text).join(between) : parts;
}

function readImage(block: Block, param: string): Said[] {
  const at = `${param}.source`;
  const source = requireObject(block.source, at);
  if (source.type === 'url') return [image(requireText(source.url, `${at}.url`))];
  if (source.type === 'base64') return [image(dataUrl(source, at))];
  throw unsupported(at, 'This model knows no uploaded files: send the image itself, or its URL.');
}

function image(url: string): Said {
  return { type: 'image_url', image_url: { url } };
}

function readDocument(block: Block, param: string): readonly Said[] {
  const at = `${param}.source`;
  const source = requireObject(block.source, at);
  const { title } = block;
  if (source.type === 'text') return [{ type: 'text', text: requireText(source.data, `${at}.data`) }];
  if (source.type === 'content') return readParts(source.content, `${at}.content`, false);
  if (source.type !== 'base64') throw unsupported(at, 'This model takes a document by its bytes only.');
  const filename = typeof title === 'string' && title !== '' ? title : 'document.pdf';
  return [{ type: 'file', file: { filename, file_data: dataUrl(source, at) } }];
}

function readSearchResult({ title, source, content }: Block, param: string): readonly Said[] {
  const head = [title, source].filter((line) => typeof line === 'string' && line !== '').join('\n');
  const parts = readParts(content, `${param}.content`, false);
  return head === '' ? parts : [{ type: 'text', text: head }, ...parts];
}

function dataUrl({ media_type: type, data }: Members, param: string): string {
  const media = requireText(type, `${param}.media_type`);
  if (/[^\w.+/-]/.test(media)) throw invalid(`${param}.media_type`, 'This is no type of a medium.');
  return `data:${media};base64,${requireText(data, `${param}.data`)}`;
}
