import { describe, expect, it } from 'vitest';
import type { EmbeddingsRequest, GatewayError, JsonRequest } from '#contract';
import { madeContext } from '../../../../test/support/made-context.js';
import { decodeEmbeddings } from './decode-embeddings.js';
import { encodeEmbeddings } from './encode-embeddings.js';

const encode = (members: object) =>
  JSON.parse(
    encodeEmbeddings({
      value: { model: 'm', ...members },
    } as unknown as JsonRequest<EmbeddingsRequest>).toString(),
  );
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
  it.each<[object, object]>([
    [{ input: 'a' }, { instances: [{ content: 'a' }] }],
    [{ input: ['a', 'b'] }, { instances: [{ content: 'a' }, { content: 'b' }] }],
    [
      { input: ['a'], dimensions: 256, encoding_format: 'base64' },
      { instances: [{ content: 'a' }], parameters: { outputDimensionality: 256 } },
    ],
    [
      { input: 'a', task_type: 'RETRIEVAL_QUERY' },
      { instances: [{ content: 'a', task_type: 'RETRIEVAL_QUERY' }] },
    ],
  ])('%j', (members, body) => expect(encode(members)).toEqual(body));

  it.each([[[1, 2]], [[[1, 2], [3]]]])('are no tokens: %j', (input) => {
    expect(failureOf(() => encode({ input }))).toMatchObject({
      code: 'unsupported_parameter',
      param: 'input',
    });
  });
});

describe('vectors', () => {
  const BODY = `{
    "predictions": [
      { "embeddings": { "values": [ 0.10, -1e-7 ], "statistics": { "token_count": 3, "truncated": false } } },
      { "embeddings": { "statistics": { "token_count": 4 }, "values": [0.5, 2] } }
    ],
    "metadata": { "billableCharacterCount": 2 }
  }`;

  it('are floats, digit by digit, and counted', () => {
    const { body, usage } = decode(BODY);
    expect(body.toString()).toBe(
      '{"object":"list","data":[' +
        '{"object":"embedding","index":0,"embedding":[0.10,-1e-7]},' +
        '{"object":"embedding","index":1,"embedding":[0.5,2]}],' +
        '"model":"my-gpt-4","usage":{"prompt_tokens":7,"total_tokens":7}}',
    );
    expect(usage?.promptTokens).toBe(7);
  });

  it('are packed where that was asked for', () => {
    const { data } = JSON.parse(decode(BODY, { encoding_format: 'base64' }).body.toString());
    const bytes = Buffer.from(data[1].embedding, 'base64');
    expect([bytes.length, bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([8, 0.5, 2]);
  });

  it('are not counted where Google does not', () => {
    expect(decode('{"predictions":[{"embeddings":{"values":[1]}}]}').usage).toBeUndefined();
  });

  it.each([
    ['<html>', 'upstream_unavailable'],
    ['{}', 'upstream_unavailable'],
    ['{"predictions":[{}]}', 'upstream_unavailable'],
    ['{"predictions":[{"embeddings":{}}]}', 'upstream_unavailable'],
    ['{"error":{"code":429,"message":"x"}}', 'rate_limit_exceeded'],
  ])('are not in %s', (body, code) => expect(failureOf(() => decode(body)).code).toBe(code));
});
