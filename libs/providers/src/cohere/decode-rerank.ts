import type { RerankRequest } from '#contract';
import { readRerankMeta } from '../openai-compatible/decode-rerank.js';
import { broken } from '../openai-compatible/decode-stream.js';
import type { DecodeContext, Decoded } from '../spec.js';

interface RerankAnswer {
  readonly id?: string;
  readonly results?: readonly { readonly index: number; readonly relevance_score: number }[];
  readonly meta?: unknown;
}

/** Cohere's order of documents; the documents themselves, which version 2 gives nobody, are the client's own. @throws GatewayError */
export function decodeRerank(body: Buffer, context: DecodeContext): Decoded {
  const answer = parse(body);
  if (!Array.isArray(answer.results)) throw broken('The provider answered with something that is no order.');
  const usage = readRerankMeta(answer.meta);
  const { documents, return_documents: isReturned } = context.request as RerankRequest;
  if (isReturned !== true) return { body, usage };
  const results = answer.results.map((result: { readonly index: number }) => ({
    ...result,
    document: shown(documents[result.index]),
  }));
  return { body: Buffer.from(JSON.stringify({ ...answer, results })), usage };
}

function shown(document: unknown): unknown {
  return typeof document === 'string' ? { text: document } : document;
}

function parse(body: Buffer): RerankAnswer {
  try {
    const value = JSON.parse(body.toString()) as RerankAnswer | null;
    if (value) return value;
  } catch {
    // What is no JSON is no answer either.
  }
  throw broken('The provider answered with something that is not JSON.');
}
