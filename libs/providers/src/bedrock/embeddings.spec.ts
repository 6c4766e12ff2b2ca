import { describe, expect, it } from 'vitest';
import type { EmbeddingsRequest, GatewayError, JsonRequest } from '#contract';
import { madeContext, madeTarget } from '../../../../test/support/made-context.js';
import { decodeEmbeddings } from './decode-embeddings.js';
import { droppedFromEmbeddings, encodeEmbeddings } from './encode-embeddings.js';

const TITAN = 'amazon.titan-embed-text-v2:0';
const COHERE = 'cohere.embed-multilingual-v3';
const COHERE_4 = 'us.cohere.embed-v4:0';

const requestOf = (value: object) => ({ value: { model: 'm', ...value } }) as JsonRequest<EmbeddingsRequest>;
const encode = (value: object, model: string) =>
  JSON.parse(encodeEmbeddings(requestOf(value), madeTarget('bedrock', model)).toString());

describe('texts to embed', () => {
  it.each<[string, object, object]>([
    [TITAN, { input: 'a' }, { inputText: 'a' }],
    [
      TITAN,
      { input: ['a'], dimensions: 256, normalize: false },
      { inputText: 'a', dimensions: 256, normalize: false },
    ],
    ['amazon.titan-embed-text-v1', { input: 'a' }, { inputText: 'a' }],
    [COHERE, { input: 'a' }, { texts: ['a'], input_type: 'search_document', embedding_types: ['float'] }],
    [
      COHERE_4,
      { input: ['a', 'b'], dimensions: 512, input_type: 'search_query', truncate: 'END' },
      {
        texts: ['a', 'b'],
        input_type: 'search_query',
        truncate: 'END',
        embedding_types: ['float'],
        output_dimension: 512,
      },
    ],
  ])('for %s: %j', (model, value, body) => expect(encode(value, model)).toEqual(body));

  it.each<[string, object, string, string]>([
    [TITAN, { input: ['a', 'b'] }, 'unsupported_parameter', 'input'],
    [TITAN, { input: [1, 2] }, 'unsupported_parameter', 'input'],
    [COHERE, { input: [[1]] }, 'unsupported_parameter', 'input'],
    [COHERE, { input: 'a', dimensions: 5 }, 'unsupported_parameter', 'dimensions'],
    ['amazon.titan-embed-text-v1', { input: 'a', dimensions: 5 }, 'unsupported_parameter', 'dimensions'],
    ['amazon.nova-pro-v1:0', { input: 'a' }, 'unsupported_operation', 'model'],
  ])('%s refuses %j', (model, value, code, param) => {
    let refusal: GatewayError | undefined;
    try {
      encode(value, model);
    } catch (error) {
      refusal = error as GatewayError;
    }
    expect(refusal).toMatchObject({ code, param, status: 400, retry: 'next' });
  });

  it('what is left out is named', () => {
    const value = requestOf({
      input: 'a',
      user: 'u',
      input_type: 'x',
      dimensions: null,
      encoding_format: 'float',
    });
    expect(droppedFromEmbeddings(value, madeTarget('bedrock', TITAN))).toEqual(['user', 'input_type']);
    expect(droppedFromEmbeddings(value, madeTarget('bedrock', COHERE))).toEqual(['user']);
  });
});

describe('vectors', () => {
  const decode = (body: string, request: object = {}) => {
    const decoded = decodeEmbeddings(Buffer.from(body), madeContext({ request }));
    return { text: decoded.body.toString(), usage: decoded.usage };
  };
  const item = (index: number, vector: string) =>
    `{"object":"embedding","index":${index},"embedding":${vector}}`;
  const listed = (items: string, usage: string) =>
    `{"object":"list","data":[${items}],"model":"my-gpt-4","usage":${usage}}`;
  const NONE = '{"prompt_tokens":0,"total_tokens":0}';

  it.each([
    [
      'Titan’s, digit by digit',
      '{"embedding": [0.10, -2e-05],\n "embeddingsByType": {"float": [9]}, "inputTextTokenCount": 3}',
      listed(item(0, '[0.10,-2e-05]'), '{"prompt_tokens":3,"total_tokens":3}'),
    ],
    [
      'Cohere’s by type',
      '{"id":"x","embeddings":{"float":[[1.0,2],\n[3,4]]},"texts":["[5]","b"],"response_type":"embeddings_by_type"}',
      listed(`${item(0, '[1.0,2]')},${item(1, '[3,4]')}`, NONE),
    ],
    ['Cohere’s bare', '{"embeddings":[[1],[2]]}', listed(`${item(0, '[1]')},${item(1, '[2]')}`, NONE)],
  ])('are %s', (_, body, expected) => expect(decode(body).text).toBe(expected));

  it('are packed for who wants them so', () => {
    const { text, usage } = decode('{"embedding":[0.5,-2],"inputTextTokenCount":3}', {
      encoding_format: 'base64',
    });
    const { data } = JSON.parse(text);
    const bytes = Buffer.from(data[0].embedding, 'base64');
    expect([bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([0.5, -2]);
    expect(usage).toMatchObject({ promptTokens: 3 });
    expect(decode('{"embeddings":[[1]]}').usage).toBeUndefined();
  });

  it.each(['', '[]', '{}', '{"message":"x"}', '{"embeddings":{"int8":[[1]]}}'])('are none in %j', (body) => {
    expect(() => decode(body)).toThrow(/The provider answered with/);
  });
});
