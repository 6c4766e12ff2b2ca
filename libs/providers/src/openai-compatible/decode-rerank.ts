import { JsonMembers, NO_USAGE } from '#contract';
import type { Usage } from '#contract';
import type { DecodeContext, Decoded } from '../spec.js';
import { decodeResponse } from './decode-response.js';

const members = new JsonMembers(['meta', 'usage']);

/** An order of documents as it came, under the client's model name, and what it used, wherever that is told. */
export function decodeRerank(body: Buffer, context: DecodeContext): Decoded {
  const decoded = decodeResponse(body, context);
  return decoded.usage ? decoded : { ...decoded, usage: usageIn(decoded.body) };
}

/** Tokens in `usage`, where some tell of their sum alone, or in Cohere's `meta`. */
function usageIn(body: Buffer): Usage | undefined {
  members.read(body);
  const usage = countsIn(read(body, 'usage'));
  return usage.total_tokens === undefined
    ? readRerankMeta(read(body, 'meta'))
    : { ...NO_USAGE, promptTokens: usage.total_tokens };
}

/** Cohere's `meta`: tokens that were read, and searches that are paid for. Undefined: it tells of neither. */
export function readRerankMeta(meta: unknown): Usage | undefined {
  const { tokens, billed_units: units } = (meta ?? {}) as { tokens?: unknown; billed_units?: unknown };
  const billed = countsIn(units);
  const promptTokens = countsIn(tokens).input_tokens ?? billed.input_tokens ?? billed.total_tokens;
  const requests = billed.search_units;
  if (promptTokens === undefined && requests === undefined) return undefined;
  const counted = { ...NO_USAGE, promptTokens: promptTokens ?? 0 };
  if (requests === undefined) return counted;
  const paid = billed.input_tokens ?? billed.total_tokens ?? promptTokens ?? 0;
  return { ...counted, billed: { promptTokens: paid, completionTokens: 0, requests } };
}

/** The members that are counts. */
function countsIn(value: unknown): Readonly<Record<string, number | undefined>> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(entries.filter(([, count]) => Number.isSafeInteger(count) && Number(count) >= 0));
}

function read(body: Buffer, name: 'meta' | 'usage'): unknown {
  const start = members.start(name);
  return start < 0 ? undefined : JSON.parse(body.toString('utf8', start, members.end(name)));
}
