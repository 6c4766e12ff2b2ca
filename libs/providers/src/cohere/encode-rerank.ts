import { invalid, isObject } from '#contract';
import type { RerankRequest, Target, WireRequest } from '#contract';

const READ = new Set([
  'model',
  'query',
  'documents',
  'top_n',
  'max_tokens_per_doc',
  'return_documents',
  'rank_fields',
  'priority',
]);

/** Cohere's `POST /v2/rerank`, which takes texts alone: of objects, as version 1 took them, texts are made. */
export function encodeRerank({ value }: WireRequest<RerankRequest>, { model }: Target): Buffer {
  const { query, documents, top_n, max_tokens_per_doc, rank_fields, priority } = value as RerankRequest &
    Record<string, unknown>;
  const fields = Array.isArray(rank_fields) ? (rank_fields as unknown[]) : undefined;
  const texts = documents.map((document, index) => textOf(document, fields, `documents[${index}]`));
  return Buffer.from(
    JSON.stringify({
      model,
      query,
      documents: texts,
      ...(typeof top_n === 'number' && { top_n }),
      ...(typeof max_tokens_per_doc === 'number' && { max_tokens_per_doc }),
      ...(typeof priority === 'number' && { priority }),
    }),
  );
}

/** Names of the parameters that are not passed on. */
export function droppedFromRerank({ value }: WireRequest<RerankRequest>): readonly string[] {
  const given = Object.entries(value).filter(([name, member]) => !READ.has(name) && member != null);
  return given.map(([name]) => name);
}

/** A `text` that stands alone, or lines of YAML, which Cohere recommends for fields. @param fields those that count */
function textOf(document: unknown, fields: readonly unknown[] | undefined, param: string): string {
  if (typeof document === 'string') return document;
  if (!isObject(document)) throw invalid(param, `'${param}' must be a string or an object.`);
  const told = Object.entries(document).filter(([name]) => !fields || fields.includes(name));
  const [first] = told;
  if (told.length === 1 && first?.[0] === 'text' && typeof first[1] === 'string') return first[1];
  return told.map(([name, member]) => `${name}: ${print(member)}`).join('\n');
}

/** JSON is YAML; a text of one line needs no quotes to be read by a model. */
function print(member: unknown): string {
  return typeof member === 'string' && !member.includes('\n') ? member : JSON.stringify(member);
}
