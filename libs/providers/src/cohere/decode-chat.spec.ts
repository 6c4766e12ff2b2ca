import { describe, expect, it } from 'vitest';
import type { GatewayError, SseEvent } from '#contract';
import { madeContext } from '../../../../test/support/made-context.js';
import { decodeChat } from './decode-chat.js';
import { EventDecoder } from './decode-chat-stream.js';

const eventOf = (value: object | string): SseEvent => ({
  event: undefined,
  data: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});

function failureOf(act: () => unknown): GatewayError {
  try {
    act();
  } catch (error) {
    return error as GatewayError;
  }
  throw new Error('Nothing was thrown.');
}

const answerWith = (members: object) =>
  Buffer.from(JSON.stringify({ message: { role: 'assistant', content: [] }, ...members }));

describe('what is no answer', () => {
  it.each([
    ['<html>', 'upstream_unavailable'],
    ['null', 'upstream_unavailable'],
    ['{}', 'upstream_unavailable'],
    ['{"message":null}', 'upstream_unavailable'],
    ['{"message":{},"finish_reason":"ERROR"}', 'upstream_unavailable'],
    ['{"message":{},"finish_reason":"TIMEOUT"}', 'upstream_timeout'],
  ])('%s', (body, code) =>
    expect(failureOf(() => decodeChat(Buffer.from(body), madeContext())).code).toBe(code),
  );

  it.each(['{', '"x"', 'null', '7', '{"message":"out of order"}'])('an event that says %s', (data) => {
    expect(failureOf(() => new EventDecoder(madeContext()).push(eventOf(data))).code).toBe(
      'upstream_unavailable',
    );
  });
});

describe('why an answer ended', () => {
  it.each([
    ['COMPLETE', 'stop'],
    ['STOP_SEQUENCE', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['ERROR_TOXIC', 'content_filter'],
    ['TOOL_CALL', 'stop'],
    ['SOMETHING_NEW', 'stop'],
  ])('%s, without calls, is %s', (told, reason) => {
    const { choices } = JSON.parse(
      decodeChat(answerWith({ finish_reason: told }), madeContext()).body.toString(),
    );
    expect(choices[0].finish_reason).toBe(reason);
  });
});

describe('usage', () => {
  const tokens = { input_tokens: 507, output_tokens: 10 };
  const billed_units = { input_tokens: 12, output_tokens: 7 };

  it('counts what the model read and wrote, and knows what is paid for', () => {
    const { usage } = decodeChat(
      answerWith({ usage: { tokens, billed_units, cached_tokens: 448 } }),
      madeContext(),
    );
    expect(usage).toMatchObject({
      promptTokens: 507,
      completionTokens: 10,
      cachedTokens: 448,
      billed: { promptTokens: 12, completionTokens: 7, requests: 1 },
    });
  });

  it('is paid as it is counted where nothing else is said', () => {
    const { usage } = decodeChat(answerWith({ usage: { tokens } }), madeContext());
    expect(usage).toMatchObject({ promptTokens: 507, completionTokens: 10, cachedTokens: 0 });
    expect(usage).not.toHaveProperty('billed');
  });

  it('of a stream is told at its end', () => {
    const decoder = new EventDecoder(madeContext());
    decoder.push(eventOf({ type: 'message-start', id: 'a', delta: { message: {} } }));
    expect(decoder.usage).toBeUndefined();
    decoder.push(
      eventOf({ type: 'message-end', delta: { finish_reason: 'COMPLETE', usage: { billed_units } } }),
    );
    expect(decoder.usage).toMatchObject({ promptTokens: 12, completionTokens: 7 });
  });
});

describe('a stream', () => {
  it('says nothing more when it is complete', () => {
    const decoder = new EventDecoder(madeContext());
    expect(decoder.push(eventOf({ type: 'message-end', delta: { finish_reason: 'COMPLETE' } }))).toHaveLength(
      2,
    );
    expect(decoder.push(eventOf('[DONE]'))).toEqual([]);
    expect(decoder.end()).toEqual([]);
  });

  it('says nothing before its first content: another target may still answer', () => {
    const decoder = new EventDecoder(madeContext());
    const heads = [
      { type: 'message-start', id: 'a', delta: { message: {} } },
      { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
    ];
    for (const head of heads) expect(decoder.push(eventOf(head))).toEqual([]);
    expect(decoder.hasContent).toBe(false);
    const delta = { message: { content: { text: 'Hi' } } };
    expect(decoder.push(eventOf({ type: 'content-delta', index: 0, delta }))).toHaveLength(2);
    expect(decoder.hasContent).toBe(true);
  });

  it('takes arguments that come with the name of their tool', () => {
    const decoder = new EventDecoder(madeContext());
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{"a":1}' } };
    const start = { type: 'tool-call-start', index: 0, delta: { message: { tool_calls: call } } };
    const events = [start, { type: 'tool-call-end', index: 0 }].flatMap((event) =>
      decoder.push(eventOf(event)),
    );
    const texts = events.map((event) => /"arguments":"(.*?)"}/.exec(event.toString())?.[1]);
    expect(texts).toEqual([undefined, '', '{\\"a\\":1}']);
  });
});
