import { describe, expect, it } from 'vitest';
import type { GatewayError, JsonRequest, RerankRequest } from '#contract';
import { madeContext, madeTarget } from '../../../../test/support/made-context.js';
import { decodeRerank } from './decode-rerank.js';
import { droppedFromRerank, encodeRerank } from './encode-rerank.js';

const target = madeTarget('cohere', 'rerank-v3.5');
const requestOf = (members: object) =>
  ({
    value: { model: 'm', query: 'q', documents: ['a'], ...members },
  }) as unknown as JsonRequest<RerankRequest>;
const encode = (members: object) => JSON.parse(encodeRerank(requestOf(members), target).toString());
const decode = (body: string, request: object = {}) =>
  decodeRerank(Buffer.from(body), madeContext({ request }));

function failureOf(act: () => unknown): GatewayError {
  try {
    act();
  } catch (error) {
    return error as GatewayError;
  }
  throw new Error('Nothing was thrown.');
}

describe('documents to order', () => {
  it.each<[object, object]>([
    [{}, {}],
    [
      { top_n: 2, max_tokens_per_doc: 100 },
      { top_n: 2, max_tokens_per_doc: 100 },
    ],
    [{ top_n: null, return_documents: true, user: 'u' }, {}],
    [{ documents: [{ text: 'a' }, 'b'] }, { documents: ['a', 'b'] }],
    [
      { documents: [{ title: 'T', text: 'a\nb', year: 7 }] },
      { documents: ['title: T\ntext: "a\\nb"\nyear: 7'] },
    ],
    [{ documents: [{ title: 'T', text: 'a' }], rank_fields: ['text'] }, { documents: ['a'] }],
    [{ documents: [{ title: 'T', text: 'a' }], rank_fields: ['title'] }, { documents: ['title: T'] }],
  ])('%j', (members, request) => {
    const plain = { model: 'rerank-v3.5', query: 'q', documents: ['a'] };
    expect(encode(members)).toEqual({ ...plain, ...request });
  });

  it('are no numbers', () => {
    const failure = failureOf(() => encode({ documents: ['a', 7] }));
    expect(failure).toMatchObject({ code: 'invalid_value', param: 'documents[1]' });
  });

  it('have hints that are left out', () =>
    expect(droppedFromRerank(requestOf({ user: 'u', top_n: 1, return_documents: false }))).toEqual(['user']));
});

describe('an order', () => {
  const BODY = '{"id":"r","results":[{"index":1,"relevance_score":0.90},{"index":0,"relevance_score":0.1}]';

  it('is as it came', () => {
    const body = `${BODY},"meta":{"api_version":{"version":"2"},"billed_units":{"search_units":3}}}`;
    const { body: answer, usage } = decode(body);
    expect(answer.toString()).toBe(body);
    expect(usage).toMatchObject({ promptTokens: 0, billed: { promptTokens: 0, requests: 3 } });
  });

  it('has the documents that the client sent, where it wants them', () => {
    const documents = ['a', { title: 'T', text: 'b' }];
    const { body, usage } = decode(`${BODY}}`, { documents, return_documents: true });
    expect(JSON.parse(body.toString()).results).toEqual([
      { index: 1, relevance_score: 0.9, document: { title: 'T', text: 'b' } },
      { index: 0, relevance_score: 0.1, document: { text: 'a' } },
    ]);
    expect(usage).toBeUndefined();
  });

  it.each(['<html>', 'null', '{}', '{"results":{}}'])('is not in %s', (body) =>
    expect(failureOf(() => decode(body)).code).toBe('upstream_unavailable'),
  );
});
