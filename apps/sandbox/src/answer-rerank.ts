import type { Stamp } from './answer.js';
import { isRecord } from './json.js';
import { type Whole, wholeJson } from './play.js';
import { missing, type Request } from './request.js';

/** So many documents are one search. */
const DOCUMENTS_A_SEARCH = 100;

/** Documents by the share of the query's words that stand in them, the best first; equals in their own order. */
export function answerRerank({ fields, script }: Request, stamp: Stamp): Whole {
  const { query, documents, top_n: most, return_documents: returned } = fields;
  if (typeof query !== 'string') throw missing('query');
  if (!Array.isArray(documents)) throw missing('documents');
  const words = wordsOf(query);
  const results = documents.map((document: unknown, index) => {
    const found = wordsOf(textOf(document));
    const share = [...words].filter((word) => found.has(word)).length / Math.max(1, words.size);
    return { index, relevance_score: share, ...(returned === true && { document: shown(document) }) };
  });
  results.sort((one, other) => other.relevance_score - one.relevance_score);
  const units = { search_units: Math.ceil(documents.length / DOCUMENTS_A_SEARCH) };
  return wholeJson({
    id: `rerank-${stamp.id}`,
    results: results.slice(0, typeof most === 'number' ? most : undefined),
    ...(script.usage !== false && { meta: { api_version: { version: '2' }, billed_units: units } }),
  });
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu));
}

function textOf(document: unknown): string {
  return typeof document === 'string' ? document : JSON.stringify(document);
}

function shown(document: unknown): object {
  return isRecord(document) ? document : { text: document };
}
