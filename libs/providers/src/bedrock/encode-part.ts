import { invalid, isObject, requireObject, requireText, unsupported } from '#contract';
import type { Members } from '#contract';
import { readDataUrl } from '../openai-compatible/data-url.js';
import type { ModelTraits } from './model-traits.js';
import type { CachePointBlock, PartBlock, Source } from './wire.js';

/** What the parts of one conversation are encoded by. */
export interface PartScope {
  readonly traits: ModelTraits;
  /** Names of documents so far: Bedrock refuses two of one name. */
  readonly documents: Set<string>;
}

type Encode = (part: Members, param: string, scope: PartScope) => PartBlock | undefined;

const PARTS: ReadonlyMap<unknown, Encode> = new Map<unknown, Encode>([
  ['text', ({ text }, param) => textBlock(requireText(text, `${param}.text`))],
  ['refusal', ({ refusal }, param) => textBlock(requireText(refusal, `${param}.refusal`))],
  ['image_url', encodeImage],
  ['file', encodeFile],
]);

const TEXTS = new Set(['text', 'refusal']);

/** The content of a message as blocks: a text, or parts. @throws GatewayError that names the part */
export function encodeParts(
  content: unknown,
  param: string,
  scope: PartScope,
  onlyTexts = false,
): PartBlock[] {
  if (content === undefined || content === null) return [];
  if (!Array.isArray(content)) return listOf(textBlock(requireText(content, param)));
  return content.flatMap((value: unknown, index) => {
    const at = `${param}[${index}]`;
    const part = requireObject(value, at);
    const encode = PARTS.get(part.type);
    if (!encode || (onlyTexts && !TEXTS.has(String(part.type)))) {
      throw unsupported(at, `This model takes no content of the type '${String(part.type)}' here.`);
    }
    return withPoint(listOf(encode(part, at, scope)), part, scope.traits.cachePoints !== 'nowhere');
  });
}

/** Blocks, and behind them the point up to which they are cached, where Anthropic's mark stands on what they are of. */
export function withPoint<Block>(
  blocks: Block[],
  { cache_control: mark }: Members,
  isTaken: boolean,
): (Block | CachePointBlock)[] {
  const last = blocks.at(-1);
  const isMarked = isObject(last) && 'cachePoint' in last;
  if (!isTaken || !isObject(mark) || last === undefined || isMarked) return blocks;
  const ttl = typeof mark.ttl === 'string' ? { ttl: mark.ttl } : {};
  return [...blocks, { cachePoint: { type: 'default', ...ttl } }];
}

/** A text without anything to read is refused by Bedrock, and says nothing. */
function textBlock(text: string): PartBlock | undefined {
  return text.trim() === '' ? undefined : { text };
}

const IMAGES: ReadonlyMap<string | undefined, string> = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpeg'],
  ['image/jpg', 'jpeg'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
  ['png', 'png'],
  ['jpeg', 'jpeg'],
  ['jpg', 'jpeg'],
  ['gif', 'gif'],
  ['webp', 'webp'],
]);

function encodeImage(part: Members, param: string, { traits }: PartScope): PartBlock {
  const at = `${param}.image_url`;
  const given = part.image_url;
  // Some clients leave out the object around the URL.
  const url = typeof given === 'string' ? given : requireText(requireObject(given, at).url, `${at}.url`);
  const { source, type } = readSource(url, `${at}.url`, traits);
  const format = IMAGES.get(type);
  if (format !== undefined) return { image: { format, source } };
  throw unsupported(`${at}.url`, 'This model takes images as PNG, JPEG, GIF and WebP.');
}

const WORD = 'vnd.openxmlformats-officedocument.wordprocessingml.document';
const SHEET = 'vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const DOCUMENTS: ReadonlyMap<string | undefined, string> = new Map([
  ['application/pdf', 'pdf'],
  ['text/csv', 'csv'],
  ['application/msword', 'doc'],
  [`application/${WORD}`, 'docx'],
  ['application/vnd.ms-excel', 'xls'],
  [`application/${SHEET}`, 'xlsx'],
  ['text/html', 'html'],
  ['text/plain', 'txt'],
  ['text/markdown', 'md'],
  ...['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'].map((end) => [end, end] as const),
]);

function encodeFile(part: Members, param: string, scope: PartScope): PartBlock {
  const at = `${param}.file`;
  const { file_data: data, file_id: id, filename } = requireObject(part.file, at);
  if (id !== undefined && id !== null) {
    throw unsupported(`${at}.file_id`, 'This model knows no uploaded files: send the file as file_data.');
  }
  const url = requireText(data, `${at}.file_data`);
  const { source, type } = readSource(url, `${at}.file_data`, scope.traits);
  const format = DOCUMENTS.get(type);
  if (format !== undefined) return { document: { format, name: nameFor(filename, scope), source } };
  throw unsupported(
    `${at}.file_data`,
    'This model takes files as PDF, CSV, Word, Excel, HTML, Markdown and text.',
  );
}

/** Bedrock takes letters, digits, single spaces, hyphens and brackets in the name of a document. */
function nameFor(filename: unknown, { documents }: PartScope): string {
  const given = typeof filename === 'string' ? filename.replace(/\.\w+$/, '') : '';
  const plain = given
    .replaceAll(/[^a-zA-Z0-9()[\]-]+/g, ' ')
    .trim()
    .slice(0, 150);
  const name = plain === '' ? 'document' : plain;
  let free = name;
  for (let count = 2; documents.has(free); count++) free = `${name} ${count}`;
  documents.add(free);
  return free;
}

/** The bytes of a data URL and its media type, or a place in S3 and the ending of its name. @throws GatewayError */
function readSource(url: string, param: string, { readsS3 }: ModelTraits): { source: Source; type?: string } {
  const inline = readDataUrl(url);
  if (inline) return { source: { bytes: inline.data }, type: inline.mediaType };
  if (/^s3:\/\//i.test(url)) {
    if (!readsS3) throw unsupported(param, 'This model does not read S3: send the file as a data URL.');
    const type = /\.(\w+)$/.exec(url)?.[1]?.toLowerCase();
    return { source: { s3Location: { uri: url } }, ...(type !== undefined && { type }) };
  }
  if (/^https?:\/\//i.test(url)) {
    throw unsupported(param, 'This model does not fetch files: send the file as a data URL.');
  }
  throw invalid(param, `'${param}' must be a data URL in base64.`);
}

function listOf<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
