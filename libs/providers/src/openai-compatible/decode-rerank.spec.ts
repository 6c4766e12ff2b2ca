import { describe, expect, it } from 'vitest';
import { NO_USAGE } from '#contract';
import { madeContext } from '../../../../test/support/made-context.js';
import { decodeRerank } from './decode-rerank.js';

const usageIn = (members: object) =>
  decodeRerank(Buffer.from(JSON.stringify({ results: [], ...members })), madeContext()).usage;

describe('an order of documents', () => {
  it('is the provider’s bytes, under the name that was asked for', () => {
    const body = '{"model":"bge", "results":[{"index":0,"relevance_score":0.90}]}';
    const decoded = decodeRerank(Buffer.from(body), madeContext());
    expect(decoded.body.toString()).toBe(body.replace('"bge"', '"my-gpt-4"'));
  });

  it.each<[string, object, object | undefined]>([
    ['vLLM', { usage: { total_tokens: 7 } }, { promptTokens: 7 }],
    ['Jina', { usage: { total_tokens: 7, prompt_tokens: 7 } }, { promptTokens: 7 }],
    ['Cohere', { meta: { billed_units: { search_units: 2 } } }, { billed: { requests: 2 } }],
    [
      'LiteLLM',
      { meta: { billed_units: { total_tokens: 9 }, tokens: { input_tokens: 8 } } },
      { promptTokens: 8 },
    ],
    ['nobody', { meta: { api_version: {} } }, undefined],
    ['nonsense', { usage: { total_tokens: -1 }, meta: null }, undefined],
    ['more nonsense', { usage: 7, meta: [] }, undefined],
  ])('counts as %s does', (_, members, usage) => {
    if (usage === undefined) expect(usageIn(members)).toBeUndefined();
    else expect(usageIn(members)).toMatchObject({ ...NO_USAGE, ...usage });
  });

  it('is no error', () => {
    const body = Buffer.from('{"error":{"message":"x","type":"invalid_request_error"}}');
    expect(() => decodeRerank(body, madeContext())).toThrow('x');
  });
});
