import { describe, expect, it } from 'vitest';
import { GatewayError, NO_USAGE } from '#contract';
import { madeContext } from '../../../../test/support/made-context.js';
import { ChunkDecoder } from './decode-stream.js';

const FINISHED = '{"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}';
const CHUNK = '{"model":"m","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}';
const USAGE = '{"model":"m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}';

function open(includeUsage = false) {
  const decoder = new ChunkDecoder(madeContext({ includeUsage }));
  const push = (data: string, event?: string): string[] =>
    decoder.push({ data: Buffer.from(data), event }).map((text) => dataOf(text.toString()));
  return { decoder, push };
}

/** What an event says; it is framed as the client's wire wants it. */
function dataOf(event: string): string {
  expect(event).toMatch(/^data: .*\n\n$/);
  return event.slice('data: '.length, -2);
}

function errorOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof GatewayError ? error.code : error;
  }
}

describe('an error in a stream', () => {
  it.each<[string, string, string | undefined, string]>([
    ['an error', '{"error":{"message":"m","type":"server_error"}}', undefined, 'upstream_unavailable'],
    [
      'with a numeric code',
      '{"error":{"message":"m","code":429},"choices":[]}',
      undefined,
      'rate_limit_exceeded',
    ],
    ['a text', '{"error":"m"}', undefined, 'upstream_unavailable'],
    ['vLLM’s older shape', '{"object":"error","message":"m","code":400}', undefined, 'upstream_refused'],
    ['an error event', '{"type":"overloaded","message":"m"}', 'error', 'upstream_unavailable'],
    ['an error event with an error', '{"error":{"code":429}}', 'error', 'rate_limit_exceeded'],
    ['an error event that is text', 'overloaded', 'error', 'upstream_unavailable'],
    ['no JSON', 'hello', undefined, 'upstream_unavailable'],
    ['half a chunk', CHUNK.slice(0, -5), undefined, 'upstream_unavailable'],
    ['a list', '[]', undefined, 'upstream_unavailable'],
    ['HTML', '<html>', undefined, 'upstream_unavailable'],
  ])('%s', (_, data, event, code) => {
    const { push } = open();
    expect(push(CHUNK)).toHaveLength(1);
    expect(errorOf(() => push(data, event))).toBe(code);
  });

  it.each([
    '{"error":null,"choices":[]}',
    '{"object":"chat.completion.chunk","choices":[]}',
    '{"type":"error"}',
  ])('is not in %s', (data) => {
    expect(open().push(data)).toEqual([data]);
  });
});

describe('the end of a stream', () => {
  it('is [DONE], which is not passed on, and nothing behind it is', () => {
    const { decoder, push } = open();
    push(CHUNK);
    expect(decoder.isComplete).toBe(false);
    expect(push('[DONE]')).toEqual([]);
    expect(decoder.isComplete).toBe(true);
    expect([push(CHUNK), push('[DONE]'), push('nonsense'), push('{"error":{}}')]).toEqual([[], [], [], []]);
    expect(decoder.end()).toEqual([]);
  });

  it.each<[string, string[]]>([
    ['a finish reason', [CHUNK, FINISHED]],
    ['a finish reason before usage', [FINISHED, USAGE]],
    ['a finish reason before trailers', [FINISHED, USAGE, '{"choices":[],"x":1}', '{"x":2}']],
    ['a finish reason of one of the choices', [FINISHED.replace('0', '1'), CHUNK]],
  ])('is in good order after %s', (_, chunks) => {
    const { decoder, push } = open();
    chunks.forEach((chunk) => push(chunk));
    expect(decoder.end()).toEqual([]);
  });

  it.each<[string, string[]]>([
    ['nothing', []],
    ['chunks alone', [CHUNK, CHUNK]],
    ['usage alone', [USAGE]],
    ['empty events', ['', '']],
    ['strange choices', ['{"choices":[null]}', '{"choices":{"finish_reason":"stop"}}', '{"choices":null}']],
    ['a finish reason in the content', [CHUNK.replace('"a"', '"\\"finish_reason\\":\\"stop\\""')]],
  ])('is a broken answer after %s', (_, chunks) => {
    const { decoder, push } = open();
    chunks.forEach((chunk) => push(chunk));
    expect(errorOf(() => decoder.end())).toBe('upstream_unavailable');
    expect(decoder.isComplete).toBe(false);
  });
});

describe('usage in a stream', () => {
  const counted = { ...NO_USAGE, promptTokens: 3, completionTokens: 1, cachedTokens: 0, reasoningTokens: 0 };

  it('is counted and kept from a client who did not ask', () => {
    const { decoder, push } = open();
    expect(push(USAGE)).toEqual([]);
    expect(decoder.usage).toEqual(counted);
  });

  it('is counted and passed on to a client who asked', () => {
    const { decoder, push } = open(true);
    expect(push(USAGE)).toEqual([USAGE.replace('"m"', '"my-gpt-4"')]);
    expect(decoder.usage).toEqual(counted);
  });

  it('is the last that was told, also where the stream breaks', () => {
    const { decoder, push } = open();
    push(CHUNK.replace('}]}', '}],"usage":{"prompt_tokens":1,"completion_tokens":0}}'));
    push(CHUNK.replace('}]}', '}],"usage":{"prompt_tokens":3,"completion_tokens":1}}'));
    push(CHUNK.replace('}]}', '}],"usage":null}'));
    push(CHUNK.replace('}]}', '}],"usage":{}}'));
    expect(errorOf(() => push('{"error":{}}'))).toBe('upstream_unavailable');
    expect(decoder.usage).toEqual(counted);
  });

  it.each(['[ ]', '[\n]', 'null'])('is dropped also beside choices that are %s', (choices) => {
    expect(open().push(USAGE.replace('[]', choices))).toEqual([]);
  });

  it('does not take a null usage for the usage chunk', () => {
    const first = '{"model":"","choices":[],"usage":null,"prompt_filter_results":[]}';
    expect(open().push(first)).toEqual(['{"model":"my-gpt-4","choices":[],"prompt_filter_results":[]}']);
  });

  it.each([
    ['{"usage":null,"model":"m","x":1}', '{"model":"my-gpt-4","x":1}'],
    ['{"model":"m","usage":null}', '{"model":"my-gpt-4"}'],
    ['{ "usage" : null , "choices" : [{}] , "model" : "m" }', '{  "choices" : [{}] , "model" : "my-gpt-4" }'],
    ['{"usage":null}', '{}'],
  ])('is cut out of %s', (data, expected) => {
    expect(open().push(data)).toEqual([expected]);
  });
});

describe('a decoder', () => {
  it('shares nothing with another that reads at the same time', () => {
    const [one, other] = [open(), open(true)];
    one.push(FINISHED);
    other.push(USAGE);
    expect(one.decoder.usage).toBeUndefined();
    expect(one.decoder.end()).toEqual([]);
    expect(errorOf(() => other.decoder.end())).toBe('upstream_unavailable');
  });
});

describe('the content of a stream', () => {
  const choice = (members: string): string => `{"choices":[{"index":0,${members}}]}`;

  it.each<[string, boolean]>([
    [choice('"delta":{"content":"a"}'), true],
    [choice('"delta": {"role":"assistant","content":"a"}'), true],
    [choice('"delta":{"content":"\\""}'), true],
    [choice('"delta":{"tool_calls":[{"index":0}]}'), true],
    [choice('"delta":{},"finish_reason":"stop"'), true],
    [choice('"text":"a"'), true],
    [choice('"delta":{"content":""}},{"index":1,"delta":{"content":"a"}'), true],
    [choice('"delta":{"role":"assistant","content":""}'), false],
    [choice('"delta":{"content":""}'), false],
    [choice('"delta":{"content":null}'), false],
    [choice('"delta":{}'), false],
    ['{"choices":null}', false],
    ['{"choices":[]}', false],
    ['{"id":"x"}', false],
    ['{"before":{"delta":{"content":"a"}},"choices":[],"behind":{"delta":{"content":"a"}}}', false],
  ])('begins with %s: %s', (data, hasContent) => {
    const { decoder, push } = open();
    push(data);
    expect(decoder.hasContent).toBe(hasContent);
  });
});

describe('chunks that are alike', () => {
  const event = (name: string, content: string): string =>
    `data: {"choices":[{"index":0,"delta":{"${name}":"${content}"}}]}\n\n`;
  const data = (name: string): string => event(name, 'a').slice('data: '.length, -2);
  const three = (name: string): Buffer =>
    Buffer.from(['b', '', 'c'].map((text) => event(name, text)).join(''));

  it('are not read one by one, behind the first', () => {
    const { decoder, push } = open();
    expect(decoder.skim(three('content'), 0)).toBeUndefined();
    push('{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}');
    expect(decoder.skim(three('content'), 0)).toBeUndefined();
    push(data('content'));
    expect(decoder.skim(three('content'), 0)?.taken).toBe(three('content').length);
  });

  it('may turn into others, behind two of them', () => {
    const { decoder, push } = open();
    push(data('reasoning'));
    expect(decoder.skim(three('reasoning'), 0)).toBeDefined();
    push(data('content'));
    expect(decoder.skim(three('content'), 0)).toBeUndefined();
    push(data('content'));
    expect(decoder.skim(three('content'), 0)?.taken).toBe(three('content').length);
  });
});
