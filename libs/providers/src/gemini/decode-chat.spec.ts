import { describe, expect, it } from 'vitest';
import type { GatewayError, SseEvent } from '#contract';
import { madeContext } from '../../../../test/support/made-context.js';
import { decodeChat } from './decode-chat.js';
import { ContentDecoder } from './decode-chat-stream.js';

const eventOf = (value: object | string): SseEvent => ({
  event: undefined,
  data: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});
const answerOf = (parts: object[], rest: object = {}) => ({ candidates: [{ content: { parts }, ...rest }] });

function failureOf(act: () => unknown): GatewayError {
  try {
    act();
  } catch (error) {
    return error as GatewayError;
  }
  throw new Error('Nothing was thrown.');
}

describe('what is no answer', () => {
  it.each([
    ['<html>', 'upstream_unavailable'],
    ['null', 'upstream_unavailable'],
    ['[]', 'upstream_unavailable'],
    ['{}', 'upstream_unavailable'],
    ['{"candidates":[]}', 'upstream_unavailable'],
    ['{"candidates":{}}', 'upstream_unavailable'],
    ['{"candidates":[null]}', 'upstream_unavailable'],
    ['{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}', 'upstream_unavailable'],
    ['{"error":{"code":503,"status":"UNAVAILABLE","message":"x"}}', 'upstream_unavailable'],
    ['[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"x"}}]', 'rate_limit_exceeded'],
    ['{"error":{"status":"PERMISSION_DENIED","message":"x"}}', 'upstream_rejected'],
    ['{"error":{"status":"INVALID_ARGUMENT","message":"x"}}', 'upstream_refused'],
    ['{"error":null}', 'upstream_unavailable'],
  ])('%s', (body, code) =>
    expect(failureOf(() => decodeChat(Buffer.from(body), madeContext())).code).toBe(code),
  );

  it.each(['{', '"x"', 'null', '7'])('an event that says %s', (data) => {
    expect(failureOf(() => new ContentDecoder(madeContext()).push(eventOf(data))).code).toBe(
      'upstream_unavailable',
    );
  });
});

describe('why an answer ended', () => {
  it.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
    ['BLOCKLIST', 'content_filter'],
    ['PROHIBITED_CONTENT', 'content_filter'],
    ['SPII', 'content_filter'],
    ['LANGUAGE', 'content_filter'],
    ['OTHER', 'content_filter'],
    ['WHAT_IS_YET_TO_COME', 'stop'],
  ])('%s is %s', (finishReason, reason) => {
    const body = Buffer.from(JSON.stringify(answerOf([{ text: 'x' }], { finishReason })));
    const { choices } = JSON.parse(decodeChat(body, madeContext()).body.toString());
    expect(choices[0].finish_reason).toBe(reason);
  });
});

describe('a stream', () => {
  it.each([
    { candidates: {} },
    { candidates: [null] },
    { candidates: [{ content: null }] },
    { candidates: [{ content: { parts: {} } }] },
    { candidates: [{ content: { parts: [null, {}, { executableCode: { code: 'x' } }] } }] },
    { promptFeedback: null, usageMetadata: null },
  ])('goes on behind what says nothing: %j', (event) => {
    const decoder = new ContentDecoder(madeContext());
    expect(decoder.push(eventOf(event))).toEqual([]);
    expect(decoder.push(eventOf(answerOf([{ text: 'x' }])))).toHaveLength(2);
  });

  it('says nothing more when it is complete', () => {
    const decoder = new ContentDecoder(madeContext());
    expect(decoder.push(eventOf(answerOf([{ text: 'x' }], { finishReason: 'STOP' })))).toHaveLength(2);
    expect(decoder.isComplete).toBe(false);
    expect(decoder.end()).toHaveLength(1);
    expect(decoder.isComplete).toBe(true);
    expect(decoder.push(eventOf('[DONE]'))).toEqual([]);
    expect(decoder.end()).toEqual([]);
  });

  it.each<[string, object]>([
    ['a text', answerOf([{ text: 'x' }])],
    ['a thought', answerOf([{ text: 'x', thought: true }])],
    ['a call', answerOf([{ functionCall: { name: 'f' } }])],
    ['a refusal', { promptFeedback: { blockReason: 'SAFETY' } }],
    ['its end', answerOf([], { finishReason: 'STOP' })],
  ])('has content with %s, and none before: another target may still answer', (_, event) => {
    const decoder = new ContentDecoder(madeContext());
    expect(decoder.push(eventOf({ usageMetadata: { promptTokenCount: 3 } }))).toEqual([]);
    expect(decoder.push(eventOf(answerOf([{ text: '' }])))).toEqual([]);
    expect(decoder.hasContent).toBe(false);
    decoder.push(eventOf(event));
    expect(decoder.hasContent).toBe(true);
  });

  it('is for another target where a call went wrong before anything was said', () => {
    const decoder = new ContentDecoder(madeContext());
    expect(decoder.push(eventOf(answerOf([], { finishReason: 'MALFORMED_FUNCTION_CALL' })))).toEqual([]);
    expect(failureOf(() => decoder.end()).code).toBe('upstream_unavailable');
  });

  it('is counted by its last count', () => {
    const decoder = new ContentDecoder(madeContext());
    decoder.push(eventOf({ usageMetadata: { trafficType: 'ON_DEMAND' } }));
    expect(decoder.usage).toBeUndefined();
    const counts = { promptTokenCount: 9, candidatesTokenCount: 2, thoughtsTokenCount: 30 };
    decoder.push(eventOf({ usageMetadata: { ...counts, candidatesTokenCount: 1 } }));
    decoder.push(eventOf({ usageMetadata: { ...counts, cachedContentTokenCount: 4 } }));
    decoder.push(eventOf({ usageMetadata: { trafficType: 'ON_DEMAND' } }));
    expect(decoder.usage).toMatchObject({
      promptTokens: 9,
      completionTokens: 32,
      reasoningTokens: 30,
      cachedTokens: 4,
    });
  });

  it.each(['$.a[5]', '$.a.b', '$.list.b', '$[0]'])('has no arguments that fit nothing: %s', (jsonPath) => {
    const decoder = new ContentDecoder(madeContext());
    const piece = (functionCall: object) => decoder.push(eventOf(answerOf([{ functionCall }])));
    piece({ name: 'f', willContinue: true });
    piece({ partialArgs: [{ jsonPath: '$.a', stringValue: 'x' }], willContinue: true });
    piece({ partialArgs: [{ jsonPath: '$.list[0]', stringValue: 'x' }], willContinue: true });
    const misfit = () => piece({ partialArgs: [{ jsonPath, stringValue: 'x' }], willContinue: true });
    expect(failureOf(misfit).code).toBe('upstream_unavailable');
  });

  it('takes a member of any name', () => {
    const decoder = new ContentDecoder(madeContext());
    const piece = (functionCall: object) => decoder.push(eventOf(answerOf([{ functionCall }])));
    piece({ name: 'f', willContinue: true });
    const [closed] = piece({ partialArgs: [{ jsonPath: '$.__proto__.x', numberValue: 1 }] });
    expect(closed?.toString()).toContain(String.raw`{\"__proto__\":{\"x\":1}}`);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });
});
