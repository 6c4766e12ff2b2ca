import { describe, expect, it } from 'vitest';
import { GatewayError, NO_USAGE } from '#contract';
import { madeContext } from '../../../../test/support/made-context.js';
import { decodeResponse } from './decode-response.js';

const context = madeContext();

function decode(text: string) {
  const { body, usage } = decodeResponse(Buffer.from(text), context);
  return { text: body.toString(), usage };
}

function errorOf(text: string): unknown {
  try {
    decode(text);
    return undefined;
  } catch (error) {
    return error instanceof GatewayError ? error.code : error;
  }
}

describe('a whole answer', () => {
  it('has the client’s name for the model and is otherwise as it came', () => {
    expect(decode('{"n":1.0, "model" : "gpt-x","choices":[{"model":"gpt-x"}]}').text).toBe(
      '{"n":1.0, "model" : "my-gpt-4","choices":[{"model":"gpt-x"}]}',
    );
  });

  it.each(['null', '""', '7', '{"a":1}'])('has it in place of %s', (model) => {
    expect(decode(`{"choices":[],"model":${model}}`).text).toBe('{"choices":[],"model":"my-gpt-4"}');
  });

  it('tells its usage', () => {
    const usage = { prompt_tokens: 9, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } };
    expect(decode(JSON.stringify({ usage, choices: [] })).usage).toEqual({
      ...NO_USAGE,
      promptTokens: 9,
      completionTokens: 2,
      cachedTokens: 4,
      reasoningTokens: 0,
    });
  });

  it.each(['{"choices":[]}', '{"choices":[],"usage":null}', '{"choices":[],"usage":{}}', '{"usage":nope}'])(
    'has no usage in %s',
    (text) => {
      expect(decode(text)).toEqual({ text, usage: undefined });
    },
  );

  it.each(['{"error":null,"choices":[]}', '{"error":{"message":"m"},"choices":[]}'])(
    'is no error: %s',
    (text) => {
      expect(decode(text).text).toBe(text);
    },
  );
});

describe('what is no answer', () => {
  it.each([
    ['', 'upstream_unavailable'],
    ['<html>', 'upstream_unavailable'],
    ['[]', 'upstream_unavailable'],
    ['"text"', 'upstream_unavailable'],
    ['{"choices":[{"index":0', 'upstream_unavailable'],
    ['{"error":{"message":"m"}}', 'upstream_unavailable'],
    ['{"error":"m"}', 'upstream_unavailable'],
    ['{"error":{"message":"m","code":429}}', 'rate_limit_exceeded'],
    ['{"error":{"message":"m","type":"invalid_request_error"},"model":"x"}', 'upstream_refused'],
  ])('%s is %s', (text, code) => {
    expect(errorOf(text)).toBe(code);
  });
});
