import { unsupported } from '#contract';
import type { EmbeddingsRequest, Target, WireRequest } from '#contract';
import { embeddingFamilyOf } from './embedding-family.js';
import type { EmbeddingFamily } from './embedding-family.js';

/** Members that some of the models have of their own. */
interface OwnMembers {
  readonly input_type?: unknown;
  readonly truncate?: unknown;
  readonly normalize?: unknown;
}

type Encode = (texts: readonly string[], value: EmbeddingsRequest & OwnMembers) => object;

const ENCODERS: Readonly<Record<EmbeddingFamily, Encode>> = {
  'titan-1': ([inputText]) => ({ inputText }),
  titan: ([inputText], { dimensions, normalize }) => ({
    inputText,
    ...(typeof dimensions === 'number' && { dimensions }),
    ...(typeof normalize === 'boolean' && { normalize }),
  }),
  cohere: encodeForCohere,
  'cohere-4': (texts, value) => ({
    ...encodeForCohere(texts, value),
    ...(typeof value.dimensions === 'number' && { output_dimension: value.dimensions }),
  }),
};

const READ: Readonly<Record<EmbeddingFamily, readonly string[]>> = {
  'titan-1': [],
  titan: ['normalize'],
  cohere: ['input_type', 'truncate'],
  'cohere-4': ['input_type', 'truncate'],
};

const FIXED: ReadonlySet<EmbeddingFamily> = new Set<EmbeddingFamily>(['titan-1', 'cohere']);

/** Texts as the body of `POST /model/{id}/invoke`. @throws GatewayError that names what the model cannot do */
export function encodeEmbeddings({ value }: WireRequest<EmbeddingsRequest>, { model }: Target): Buffer {
  const family = embeddingFamilyOf(model);
  const texts = (Array.isArray(value.input) ? value.input : [value.input]).map((text: unknown) => {
    if (typeof text !== 'string') throw unsupported('input', 'This model takes texts, no tokens.');
    return text;
  });
  if (family.startsWith('titan') && texts.length !== 1) {
    throw unsupported('input', 'This model embeds one text a call.');
  }
  if (FIXED.has(family) && typeof value.dimensions === 'number') {
    throw unsupported('dimensions', "This model does not support the parameter 'dimensions'.");
  }
  return Buffer.from(JSON.stringify(ENCODERS[family](texts, value)));
}

/** Names of the parameters that are not passed on. @throws GatewayError as `encodeEmbeddings` */
export function droppedFromEmbeddings(
  { value }: WireRequest<EmbeddingsRequest>,
  { model }: Target,
): readonly string[] {
  const read = new Set([
    'model',
    'input',
    'encoding_format',
    'dimensions',
    ...READ[embeddingFamilyOf(model)],
  ]);
  const given = Object.entries(value).filter(([name, member]) => !read.has(name) && member != null);
  return given.map(([name]) => name);
}

/** Cohere must be told what the texts are for; most are to be found later. */
function encodeForCohere(texts: readonly string[], { input_type: type, truncate }: OwnMembers): object {
  return {
    texts,
    input_type: typeof type === 'string' ? type : 'search_document',
    ...(typeof truncate === 'string' && { truncate }),
    embedding_types: ['float'],
  };
}
