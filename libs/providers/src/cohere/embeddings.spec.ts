import { describe, expect, it } from 'vitest';
import type { EmbeddingsRequest, GatewayError, JsonRequest } from '#contract';
import { madeContext, madeTarget } from '../../../../test/support/made-context.js';
import { decodeEmbeddings } from './decode-embeddings.js';
import { droppedFromEmbeddings, encodeEmbeddings } from './encode-embeddings.js';

const target = madeTarget('cohere', 'embed-v4.0');
const requestOf = (members: object) =>
  ({ value: { model: 'm', ...members } }) as unknown as JsonRequest<EmbeddingsRequest>;
const encode = (members: object) => JSON.parse(encodeEmbeddings(requestOf(members), target).toString());
const decode = (body: string, request: object = {}) =>
  decodeEmbeddings(Buffer.from(body), madeContext({ request }));

function failureOf(act: () => unknown): GatewayError {
  try {
    act();
  } catch (error) {
    return error as GatewayError;
  }
  throw new Error('Nothing was thrown.');
}

describe('texts to embed', () => {
  const one = {
    model: 'embed-v4.0',
    texts: ['a'],
    input_type: 'search_document',
    embedding_types: ['float'],
  };

  it.each<[object, object]>([
    [{ input: 'a' }, one],
    [{ input: ['a', 'b'] }, { ...one, texts: ['a', 'b'] }],
    [
      { input: ['a'], dimensions: 256, encoding_format: 'base64' },
      { ...one, output_dimension: 256 },
    ],
    [
      { input: 'a', input_type: 'search_query', truncate: 'NONE' },
      { ...one, input_type: 'search_query', truncate: 'NONE' },
    ],
  ])('%j', (members, request) => expect(encode(members)).toEqual(request));

  it.each([[[1, 2]], [[[1, 2], [3]]]])('are no tokens: %j', (input) => {
    expect(failureOf(() => encode({ input }))).toMatchObject({
      code: 'unsupported_parameter',
      param: 'input',
      status: 400,
    });
  });

  it('have hints that are left out', () => {
    expect(droppedFromEmbeddings(requestOf({ input: 'a', user: 'u', dimensions: null }))).toEqual(['user']);
  });
});

describe('vectors', () => {
  const BODY = '{"id":"a","texts":["[1]","b"],"embeddings":{ "float": [\n [ 0.10,\n -1e-7 ], [0.5, 2] ] }';

  it('are floats, digit by digit', () => {
    const { body, usage } = decode(`${BODY}}`);
    expect(body.toString()).toContain('"embedding":[0.10,-1e-7]');
    expect(JSON.parse(body.toString())).toEqual({
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: [0.1, -1e-7] },
        { object: 'embedding', index: 1, embedding: [0.5, 2] },
      ],
      model: 'my-gpt-4',
      usage: { prompt_tokens: 0, total_tokens: 0 },
    });
    expect(usage).toBeUndefined();
  });

  it('are packed where that was asked for', () => {
    const { data } = JSON.parse(decode(`${BODY}}`, { encoding_format: 'base64' }).body.toString());
    const bytes = Buffer.from(data[1].embedding, 'base64');
    expect([bytes.length, bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([8, 0.5, 2]);
  });

  it('are counted', () => {
    const { body, usage } = decode(`${BODY},"meta":{"billed_units":{"input_tokens":7}}}`);
    expect(JSON.parse(body.toString()).usage).toEqual({ prompt_tokens: 7, total_tokens: 7 });
    expect(usage?.promptTokens).toBe(7);
  });

  it.each([
    '<html>',
    '{}',
    '{"embeddings":[[1]]}',
    '{"embeddings":{"int8":[[1]]}}',
    '{"message":"out of order"}',
  ])('are not in %s', (body) => expect(failureOf(() => decode(body)).code).toBe('upstream_unavailable'));
});
